import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { access, cp, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { prepareKernel } from "./kernel.ts";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const CACHE = join(REPOSITORY, "node_modules/.cache/v2-machine");
const START = fileURLToPath(new URL("guest/start", import.meta.url));

const QEMU = "qemu-system-x86_64";
/** Debian 12 ships it with QEMU, later ones as a package of its own. */
const VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];
const DRIVE_BYTES = 128 * 1024 ** 2;

const KERNEL_OPTIONS = [
  "console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check",
  // Without it a controller that somebody mounts as v1 would be missing from v2.
  "cgroup_no_v1=all psi=1",
].join(" ");

export interface Job {
  /** A shell script, run with the repository as its working directory. */
  readonly script: string;
  /** A file of the machine to bring back, such as a test report. */
  readonly resultPath?: string;
  readonly memoryMb?: number;
  readonly timeoutMs?: number;
  /** Takes what the script writes, as it comes. */
  readonly output: Writable;
  /** Powers the machine off at once. */
  readonly signal?: AbortSignal;
}

export interface JobEnd {
  readonly exitCode: number;
  /** The text at `resultPath`; null where there was none. */
  readonly result: string | null;
}

/**
 * Boots a Linux with nothing but cgroup v2 in QEMU's software emulation, over this host's own files (which it cannot
 * change: its writes go to memory and are lost), runs a script in it as root, and powers it off.
 *
 * @throws Error where the machine could not run, or ended without a status
 */
export async function runInMachine(job: Job): Promise<JobEnd> {
  const virtiofsd = await findTools();
  const kernel = await prepareKernel(CACHE);
  const folder = await mkdtemp(join(tmpdir(), "mayfly-v2-"));
  const children: ChildProcess[] = [];
  try {
    await writeJob(folder, job);
    children.push(startVirtiofsd(virtiofsd, folder));
    await untilThere(join(folder, "files.sock"));
    const qemu = startQemu(folder, kernel, job);
    children.push(qemu);
    await powerOff(qemu, job);
    return await readEnd(folder);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
}

async function findTools(): Promise<string> {
  const isThere = (path: string) =>
    access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
  const found = await Promise.all(VIRTIOFSD.map(isThere));
  const virtiofsd = VIRTIOFSD[found.indexOf(true)];
  const hasQemu = await isThere(join("/usr/bin", QEMU));
  if (virtiofsd !== undefined && hasQemu) return virtiofsd;
  throw new Error(
    "The v2 machine needs QEMU and virtiofsd. Install them: apt-get install --no-install-recommends qemu-system-x86 busybox-static kmod (and virtiofsd on Debian 13).",
  );
}

async function writeJob(folder: string, job: Job): Promise<void> {
  await writeFile(join(folder, "command"), `cd '${REPOSITORY}' || exit 127\n${job.script}\n`);
  await writeFile(join(folder, "result-path"), job.resultPath ?? "");
  await cp(START, join(folder, "start"));
  const drive = await open(join(folder, "drive"), "w");
  await drive.truncate(DRIVE_BYTES);
  await drive.close();
}

/** setpriv ties both to this process: where it is killed, so are they. */
function tied(program: string, args: readonly string[]): ChildProcess {
  // stdin stays open: where it ends, QEMU takes the port behind its stdio for closed, and the guest's writes wait.
  return spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], { stdio: "pipe" });
}

function startVirtiofsd(program: string, folder: string): ChildProcess {
  const child = tied(
    program,
    // In a namespace of its own it would need more rights than a container gives.
    [
      `--socket-path=${join(folder, "files.sock")}`,
      "-o",
      "source=/,sandbox=chroot,cache=always",
      "--rlimit-nofile=0",
    ],
  );
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}

function startQemu(folder: string, kernel: { image: string; initrd: string }, job: Job): ChildProcess {
  const memory = `${job.memoryMb ?? 2048}M`;
  const port = (name: string, backend: string) => [
    ...["-chardev", `${backend},id=${name}`],
    ...["-device", `virtserialport,chardev=${name},name=${name}`],
  ];
  const child = tied(QEMU, [
    ...["-machine", "q35,memory-backend=memory", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2"],
    ...["-m", memory, "-object", `memory-backend-memfd,id=memory,size=${memory},share=on`],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"],
    ...["-kernel", kernel.image, "-initrd", kernel.initrd],
    ...["-append", `${KERNEL_OPTIONS} mayfly.start=${join(folder, "start")}`],
    ...["-chardev", `socket,id=files,path=${join(folder, "files.sock")}`],
    ...["-device", "vhost-user-fs-pci,chardev=files,tag=host"],
    ...["-drive", `file=${join(folder, "drive")},if=virtio,format=raw,cache=none`],
    ...["-serial", `file:${join(folder, "console")}`],
    ...["-device", "virtio-serial-pci"],
    ...port("output", "stdio,signal=off"),
    ...port("status", `file,path=${join(folder, "status")}`),
    ...port("result", `file,path=${join(folder, "result")}`),
  ]);
  child.stdout?.pipe(job.output, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  return child;
}

async function powerOff(qemu: ChildProcess, job: Job): Promise<void> {
  const timeout = AbortSignal.timeout(job.timeoutMs ?? 600_000);
  const stop = job.signal === undefined ? timeout : AbortSignal.any([timeout, job.signal]);
  stop.addEventListener("abort", () => qemu.kill("SIGKILL"), { once: true });
  await once(qemu, "close");
  if (stop.aborted)
    throw new Error("The v2 machine was stopped before its script ended.", { cause: stop.reason });
}

async function untilThere(path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`virtiofsd did not open ${path}. Is this process root?`);
}

async function readEnd(folder: string): Promise<JobEnd> {
  const status = (await readFile(join(folder, "status"), "utf8")).trim();
  if (!/^\d+$/.test(status)) {
    const console = await readFile(join(folder, "console"), "utf8");
    throw new Error(`The v2 machine ended without a status. Its console said:\n${console.slice(-4000)}`);
  }
  const result = await readFile(join(folder, "result"), "utf8");
  return { exitCode: Number(status), result: result === "" ? null : result };
}
