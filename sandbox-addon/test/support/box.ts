import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LIMITS, type Limits } from "@mayfly/contract";
import {
  hostSystem,
  openSandboxes,
  type Pipe,
  type Running,
  type RunResult,
  type Sandboxes,
  type SandboxesOptions,
} from "../../src/index.ts";
import { type RunOptions, run } from "../../src/run.ts";
import { forking } from "./forked.ts";

export const PARENT = `mayfly-test-${process.pid}`;

type Mode = Sandboxes["cgroupMode"];

/** The cgroup modes that this machine can show. A v2 machine has only its own; see test/v2-machine. */
export const MODES: readonly Mode[] = modesOf(readFileSync("/proc/self/mountinfo", "utf8"));

function modesOf(mountinfo: string): Mode[] {
  const has = (type: string) => mountinfo.split("\n").some((line) => line.includes(` - ${type} `));
  if (!has("cgroup")) return ["v2"];
  return has("cgroup2") ? ["v1", "hybrid"] : ["v1"];
}

/** How a process comes about, in each mode: what a sandbox promises holds for both. */
export const WAYS = MODES.flatMap((mode) => [{ way: "exec", mode } as const, { way: "fork", mode } as const]);

export async function openWay(
  { way, mode }: (typeof WAYS)[number],
  options: Partial<SandboxesOptions> = {},
): Promise<Sandboxes> {
  const sandboxes = await openBox(mode, options);
  return way === "fork" ? forking(sandboxes) : sandboxes;
}

let opened = 0;

export async function openBox(mode: Mode, options: Partial<SandboxesOptions> = {}): Promise<Sandboxes> {
  opened++;
  const forced = mode === "v1" && MODES.includes("hybrid") ? { cgroupMode: "v1" as const } : {};
  const sandboxes = await openSandboxes({
    cgroupParent: PARENT,
    workerId: `w${opened}`,
    allowWithout: [],
    hostUid: 65_533,
    debugHoldMs: 0,
    ...forced,
    ...options,
  });
  if (sandboxes.cgroupMode !== mode) throw new Error(`opened as ${sandboxes.cgroupMode}, not as ${mode}`);
  return sandboxes;
}

export const ROOT = await hostSystem();

/** Runs a shell script and gives what it printed. */
export async function shell(sandboxes: Sandboxes, script: string, options: Partial<RunOptions> = {}) {
  const argv = ["/bin/sh", "-c", script];
  return text(await run({ sandboxes, root: ROOT, argv, ...options, limits: patient(options.limits) }));
}

/** Runs Python, for system calls that a shell cannot make. */
export async function python(sandboxes: Sandboxes, script: string, options: Partial<RunOptions> = {}) {
  const argv = ["/usr/bin/python3", "-I", "-S", "-c", script];
  const limits = patient(options.limits);
  return text(await run({ sandboxes, root: ROOT, argv, seccomp: "python3", ...options, limits }));
}

/** An emulated machine is slow, and a busy one too: only a test about time sets a time. */
const patient = (limits: RunOptions["limits"]) => ({ timeoutMs: 40_000, ...limits });

export type TextResult = Omit<RunResult, "stdout" | "stderr"> & { stdout: string; stderr: string };

function text(result: RunResult): TextResult {
  return { ...result, stdout: result.stdout.toString().trim(), stderr: result.stderr.toString().trim() };
}

export async function textOf(pipe: Pipe): Promise<string> {
  const chunks: Buffer[] = [];
  await pipe.read((chunk) => chunks.push(chunk));
  return Buffer.concat(chunks).toString();
}

/** What it prints with nothing to read, and how it ends. */
export async function outputOf(running: Running) {
  running.stdin.end();
  const [stdout, stderr, ending] = await Promise.all([
    textOf(running.stdout),
    textOf(running.stderr),
    running.ended,
  ]);
  return { stdout: stdout.trim(), stderr: stderr.trim(), ending };
}

export const LIMITS: Limits = DEFAULT_LIMITS;

/** What runs below this process: other tests may run on the machine. */
export function descendants(): number {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const isOurs = (pid: string | undefined): boolean =>
    pid !== undefined && (pid === String(process.pid) || isOurs(parents.get(pid)));
  return [...parents.values()].filter(isOurs).length;
}

function parentOf(pid: string): string | undefined {
  try {
    return /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** What of ours is on the machine: it must be the same before and after. */
export function traces() {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return {
    ours: processes.filter((pid) => /^mayfly/.test(commandOf(pid))).length,
    fds: readdirSync("/proc/self/fd").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    networks: new Set(processes.map(networkOf)).size,
    // A group of leaves stays for as long as the last of them, and the next begins before.
    cgroups: cgroupsBelow(PARENT).filter((path) => !/\/group-\d+$/.test(path)).length,
  };
}

export function commandOf(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

function networkOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return readlinkSync("/proc/self/ns/net");
  }
}

/** Every cgroup directory below the parent, in every hierarchy. */
export function cgroupsBelow(parent: string): string[] {
  const hierarchies = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(" ")[4] ?? "");
  const own = readFileSync("/proc/self/cgroup", "utf8")
    .split("\n")
    .map((line) => line.split(":").slice(2).join(":"));
  const places = hierarchies.flatMap((mount) => [...new Set(own)].map((place) => join(mount, place, parent)));
  return places.filter((place) => existsSync(place)).flatMap(directoriesBelow);
}

function directoriesBelow(directory: string): string[] {
  const children = entriesOf(directory)?.filter((entry) => entry.isDirectory());
  if (children === undefined) return [];
  return [directory, ...children.flatMap(({ name }) => directoriesBelow(join(directory, name)))];
}

/** Undefined where it has been removed since it was seen. */
function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function until(condition: () => boolean, patienceMs = 5000): Promise<boolean> {
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
