import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const INSTALL_WITHIN_MS = 180_000;
const PACKAGE = `node-linux-${process.arch}`;

/** Gives the folder that holds a version's `node`, fetching the package of a version that nobody asked for before. */
export interface NodeVersions {
  /** @throws Error that says what to do where the package cannot be fetched */
  binFolder(major: number): Promise<string>;
}

/** @param folder where the packages of versions other than the worker's own are kept */
export function createNodeVersions(folder: string): NodeVersions {
  const own = Number(process.versions.node.split(".")[0]);
  const fetching = new Map<number, Promise<string>>();
  return {
    binFolder(major) {
      if (major === own) return Promise.resolve(dirname(process.execPath));
      const known = fetching.get(major);
      if (known !== undefined) return known;
      const fetched = fetchNode(folder, major).catch((error: unknown) => {
        fetching.delete(major);
        throw error;
      });
      fetching.set(major, fetched);
      return fetched;
    },
  };
}

async function fetchNode(folder: string, major: number): Promise<string> {
  const home = join(folder, `node-${major}`);
  if (await exists(join(home, "node"))) return home;
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "fetching-"));
  try {
    await install(scratch, major);
    await rename(join(scratch, "node_modules", PACKAGE, "bin"), home).catch(async (error: unknown) => {
      // Another worker of this machine may have been first.
      if (!(await exists(join(home, "node")))) throw error;
    });
    return home;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function install(prefix: string, major: number): Promise<void> {
  const args = ["install", "--prefix", prefix, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  args.push("--fetch-retries=1", "--fetch-retry-mintimeout=1000");
  try {
    await promisify(execFile)("npm", [...args, `${PACKAGE}@${major}`], { timeout: INSTALL_WITHIN_MS });
  } catch (cause) {
    const reason = (cause as { stderr?: string }).stderr?.trim().split("\n")[0] ?? String(cause);
    throw new Error(
      `Node ${major} is not on this worker, and npm could not fetch ${PACKAGE}@${major}: ${reason}. Give the worker a way to the npm registry, or use the runtime nodejs24.`,
      { cause },
    );
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
