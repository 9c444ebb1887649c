import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Running, Sandboxes } from "@mayfly/sandbox-addon";

/** What a reader that shares no code with the sandbox finds in a cgroup's own files. */
export interface KernelCounters {
  readonly cpuUsageUs: number;
  readonly memoryPeakBytes: number | null;
  readonly oomKills: number;
  readonly pidsPeak: number | null;
  readonly pidsRefused: number;
  readonly throttledPeriods: number;
}

/** Reads the leaf of a sandbox. */
export function readLeaf(running: Running, mode: Sandboxes["cgroupMode"]): KernelCounters {
  const v2 = mode === "v2";
  const at = (controller: string) => directoryOf(running, controller);
  return {
    cpuUsageUs: cpuUsageUs(at("cpuacct"), mode),
    memoryPeakBytes: number(at("memory"), v2 ? "memory.peak" : "memory.max_usage_in_bytes"),
    oomKills: field(at("memory"), v2 ? "memory.events" : "memory.oom_control", "oom_kill"),
    pidsPeak: number(at("pids"), "pids.peak"),
    pidsRefused: field(at("pids"), "pids.events", "max"),
    throttledPeriods: field(at("cpu"), "cpu.stat", "nr_throttled"),
  };
}

/**
 * CPU time of all that has ended in the worker's directory: it sums up every cgroup's below, those of removed ones too,
 * and what still is there (who is asked for, a zygote, a parked copy) is taken out.
 */
export function readEndedCpuUs(running: Running, mode: Sandboxes["cgroupMode"]): number {
  const above = dirname(directoryOf(running, "cpuacct"));
  // Where the memory controller is, leaves stand in groups.
  const worker = isGroup(above) ? dirname(above) : above;
  const leaves = childrenOf(worker).flatMap((child) => (isGroup(child) ? childrenOf(child) : [child]));
  const runningUs = leaves.reduce((sum, leaf) => sum + cpuUsageUs(leaf, mode), 0);
  return cpuUsageUs(worker, mode) - runningUs;
}

const isGroup = (directory: string) => /^group-\d+$/.test(basename(directory));

function childrenOf(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${directory}/${name}`);
}

export function isEmpty(running: Running): boolean {
  return Object.values(running.cgroups).every((directory) => text(directory, "cgroup.procs") === "");
}

function directoryOf(running: Running, controller: string): string {
  const found = Object.entries(running.cgroups).find(([hierarchy]) =>
    hierarchy.split(",").includes(controller),
  );
  const directory = found?.[1] ?? running.cgroups["unified"];
  if (directory === undefined) throw new Error(`no cgroup of ${controller}`);
  return directory;
}

function cpuUsageUs(directory: string, mode: Sandboxes["cgroupMode"]): number {
  if (mode === "v2") return field(directory, "cpu.stat", "usage_usec");
  return Math.floor(Number(text(directory, "cpuacct.usage")) / 1000);
}

function text(directory: string, file: string): string | null {
  try {
    return readFileSync(`${directory}/${file}`, "utf8");
  } catch {
    return null;
  }
}

function number(directory: string, file: string): number | null {
  const found = text(directory, file);
  return found === null ? null : Number(found);
}

function field(directory: string, file: string, key: string): number {
  const line = text(directory, file)
    ?.split("\n")
    .find((candidate) => candidate.startsWith(`${key} `));
  if (line === undefined) throw new Error(`${directory}/${file} has no ${key}`);
  return Number(line.split(" ")[1]);
}
