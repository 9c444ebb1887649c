import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

/** What a run of ours could leave on a machine: compared before and after. */
export interface Traces {
  readonly cgroups: readonly string[];
  readonly mounts: readonly string[];
  readonly networkNamespaces: readonly string[];
  readonly launchers: readonly string[];
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
  const namespaces = new Set<string>();
  const launchers: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    // A process may end between the listing and the look.
    const net = await readlink(`/proc/${pid}/ns/net`).catch(() => null);
    if (net !== null) namespaces.add(net);
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/mayfly-launcher|build\/launcher/.test(command)) launchers.push(pid);
  }
  return {
    cgroups: stdout.split("\n").filter((line) => line !== ""),
    mounts,
    networkNamespaces: [...namespaces].toSorted((a, b) => a.localeCompare(b)),
    launchers,
  };
}
