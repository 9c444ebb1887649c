import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** What a run of ours could leave on a machine: compared before and after. */
export interface Traces {
  readonly cgroups: readonly string[];
  readonly mounts: readonly string[];
}

/** @param marker a part of the name of the cgroup parent that the run under test was given */
export async function tracesOf(marker: string): Promise<Traces> {
  const { stdout } = await promisify(execFile)("find", [
    "/sys/fs/cgroup",
    "-maxdepth",
    "6",
    "-type",
    "d",
    "-path",
    `*${marker}*`,
  ]);
  const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .filter((line) => line.includes("mayfly"));
  return { cgroups: stdout.split("\n").filter((line) => line !== ""), mounts };
}
