import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import os from "node:os";
import { promisify } from "node:util";
import type { CgroupMode } from "@mayfly/contract";
import { programVersions } from "./versions.ts";

/** Where a hybrid host mounts cgroup v2, beside the hierarchies of v1. */
export const UNIFIED_MOUNT = "/sys/fs/cgroup/unified";

/** What a figure depends on beside the code. */
export interface Host {
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly cgroupMode: CgroupMode;
  readonly node: string;
  readonly versions: Readonly<Record<string, string>>;
  /** The load of the minute before the run: a busy machine measures itself. */
  readonly loadBefore: number;
}

export async function describeHost(): Promise<Host> {
  return {
    kernel: os.release(),
    cpu: os.cpus()[0]?.model ?? "unknown",
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    cgroupMode: await cgroupMode(),
    node: process.version,
    versions: await programVersions(),
    loadBefore: os.loadavg()[0] ?? 0,
  };
}

export async function cgroupMode(): Promise<CgroupMode> {
  const mounts = await readFile("/proc/self/mounts", "utf8");
  const types = new Set(mounts.split("\n").map((line) => line.split(" ")[2]));
  if (!types.has("cgroup")) return "v2";
  return types.has("cgroup2") ? "hybrid" : "v1";
}

/** The commit that was measured, with `-dirty` where the checkout differs from it. */
export async function commitOf(repository: string): Promise<string> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", ["-C", repository, ...args])).stdout.trim();
  try {
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    return `${await git("rev-parse", "--short=12", "HEAD")}${changed === "" ? "" : "-dirty"}`;
  } catch {
    return "unknown";
  }
}
