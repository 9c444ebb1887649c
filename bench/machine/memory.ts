import { readdir, readFile } from "node:fs/promises";

/** Bytes of one process, from smaps_rollup. */
export interface ProcessMemory {
  /** Its own pages, and its share of those that others have too. */
  readonly pssBytes: number;
  /** What its end would give back. */
  readonly privateBytes: number;
}

/** proc_pid_smaps(5). */
export function readRollup(text: string): ProcessMemory {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return {
    pssBytes: bytes("Pss"),
    privateBytes: bytes("Private_Clean") + bytes("Private_Dirty") + bytes("Private_Hugetlb"),
  };
}

/** @returns null where it has ended */
export async function memoryOf(pid: number): Promise<ProcessMemory | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return text === "" ? null : readRollup(text);
}

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel has it, at most 15 characters. */
  readonly command: string;
}

/** proc_pid_stat(5): the command stands in brackets and may itself hold some. */
export function readStat(text: string): Process | null {
  const found = /^(\d+) \((.*)\) \S (\d+) /s.exec(text);
  return found && { pid: Number(found[1]), parent: Number(found[3]), command: found[2] ?? "" };
}

/** Every process of the machine as it is now. */
export async function listProcesses(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return stats.flatMap((text) => readStat(text) ?? []);
}

export function childrenOf(processes: readonly Process[], pid: number): Process[] {
  return processes.filter(({ parent }) => parent === pid);
}
