import { execFile } from "node:child_process";
import {
  access,
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const GUEST_INIT = fileURLToPath(new URL("guest/init", import.meta.url));

/** Debian's package that depends on the present kernel for virtual machines: small, and with virtiofs. */
const META_PACKAGE = "linux-image-cloud-amd64";

/** In the order in which they are loaded; what they need comes along by itself. */
const MODULES = ["virtio_pci", "virtio_console", "virtio_blk", "virtiofs", "overlay", "bfq"];

export interface Kernel {
  readonly image: string;
  readonly initrd: string;
}

/**
 * Fetches a kernel of the distribution without installing it, and makes the initrd. Both are kept in `cache`, where a
 * second call finds them.
 *
 * @throws Error where there is neither a kernel in the cache nor an apt-get to fetch one with
 */
export async function prepareKernel(cache: string): Promise<Kernel> {
  await mkdir(cache, { recursive: true });
  const unpacked = (await unpackedKernel(cache)) ?? (await fetchKernel(cache));
  const initrd = join(unpacked, "initrd.img");
  if (!(await isFresh(unpacked))) await makeInitrd(unpacked, initrd);
  return { image: join(unpacked, "vmlinuz"), initrd };
}

async function unpackedKernel(cache: string): Promise<string | undefined> {
  const names = (await readdir(cache)).filter((name) => name.startsWith("linux-image-"));
  const newest = names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return newest === undefined ? undefined : join(cache, newest);
}

async function fetchKernel(cache: string): Promise<string> {
  const name = await packageName();
  const folder = await mkdtemp(join(cache, "fetching-"));
  try {
    await run("apt-get", ["-o", "APT::Sandbox::User=root", "download", name], { cwd: folder });
    const archive = (await readdir(folder)).find((file) => file.endsWith(".deb"));
    if (archive === undefined) throw new Error(`apt-get download ${name} brought no package.`);
    await run("dpkg-deb", ["-x", archive, "."], { cwd: folder });
    await rm(join(folder, archive));
    const image = (await readdir(join(folder, "boot"))).find((file) => file.startsWith("vmlinuz-"));
    if (image === undefined) throw new Error(`The package ${name} holds no kernel.`);
    await copyFile(join(folder, "boot", image), join(folder, "vmlinuz"));
    // In one step, so that nobody finds half a kernel.
    await rename(folder, join(cache, name));
    return join(cache, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packageName(): Promise<string> {
  const found = await dependency().catch(async () => {
    // Images are shipped without package lists.
    await run("apt-get", ["update", "--quiet"]);
    return await dependency();
  });
  if (found !== undefined) return found;
  throw new Error(
    `The v2 machine needs a kernel for virtual machines, and this system's apt-get knows no ${META_PACKAGE} (Debian has it). Put one by hand into node_modules/.cache/v2-machine/linux-image-<version>: vmlinuz and lib/modules.`,
  );
}

async function dependency(): Promise<string | undefined> {
  const { stdout } = await run("apt-cache", ["depends", META_PACKAGE]);
  return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
}

/** An initrd belongs to the text of its init. */
async function isFresh(unpacked: string): Promise<boolean> {
  try {
    await access(join(unpacked, "initrd.img"));
    return (await readFile(join(unpacked, "initrd.init"), "utf8")) === (await readFile(GUEST_INIT, "utf8"));
  } catch {
    return false;
  }
}

async function makeInitrd(unpacked: string, initrd: string): Promise<void> {
  const tree = await mkdtemp(join(unpacked, "initrd-"));
  try {
    const folders = ["bin", "sbin", "proc", "sys", "dev", "host", "scratch", "machine"];
    await Promise.all(folders.map((folder) => mkdir(join(tree, folder))));
    await copyFile(await whereIs("busybox"), join(tree, "bin/busybox"));
    await copyFile(GUEST_INIT, join(tree, "init"));
    await chmod(join(tree, "init"), 0o755);
    await writeFile(join(tree, "modules"), MODULES.join("\n"));
    await copyModules(unpacked, tree);
    await run("sh", ["-ec", 'find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 > "$1"', "sh", initrd], {
      cwd: tree,
    });
    await copyFile(GUEST_INIT, join(unpacked, "initrd.init"));
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** Copies the modules with those that they need, and lists them for modprobe. */
async function copyModules(unpacked: string, tree: string): Promise<void> {
  const [version] = await readdir(join(unpacked, "lib/modules"));
  if (version === undefined) throw new Error(`${unpacked} holds no kernel modules.`);
  await run("depmod", ["-b", unpacked, version]);
  for (const module of MODULES) {
    const { stdout } = await run("modprobe", ["-d", unpacked, "-S", version, "--show-depends", module]);
    for (const [, file] of stdout.matchAll(/^insmod (\S+)/gm)) {
      if (file === undefined) continue;
      const target = join(tree, file.slice(unpacked.length));
      await mkdir(dirname(target), { recursive: true });
      await cp(file, target);
    }
  }
  await mkdir(join(tree, "lib/modules", version), { recursive: true });
  for (const list of ["modules.order", "modules.builtin"]) {
    await cp(join(unpacked, "lib/modules", version, list), join(tree, "lib/modules", version, list));
  }
  await run("depmod", ["-b", tree, version]);
}

async function whereIs(program: string): Promise<string> {
  const { stdout } = await run("sh", ["-c", `command -v ${program}`]);
  return stdout.trim();
}
