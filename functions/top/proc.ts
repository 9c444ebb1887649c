import { readdirSync, readFileSync } from "node:fs";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** proc(5): `R` running, `S` sleeping, `Z` dead and not yet waited for … */
  readonly state: string;
  readonly threads: number;
  readonly residentBytes: number;
  /** User and system time in clock ticks. */
  readonly cpuTicks: number;
}

export interface Mount {
  readonly target: string;
  readonly type: string;
  readonly source: string;
  /** The folder of the file system that is shown here: a bind mount tells its source by it. */
  readonly root: string;
  readonly options: string;
}

/** Every process that /proc shows. One that ends while it is read is left out. */
export function processes(): Process[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [readProcess(pid)];
      } catch {
        return [];
      }
    });
}

function readProcess(pid: string): Process {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command stands in parentheses and may hold some itself, so what follows is counted from the last one.
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  const number = (field: number) => Number(fields[field - 3]);
  return {
    pid: Number(pid),
    parent: number(4),
    command: stat.slice(stat.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    threads: number(20),
    residentBytes: number(24) * 4096,
    cpuTicks: number(14) + number(15),
  };
}

export function statusOf(pid: number | "self"): Readonly<Record<string, string>> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(":\t", 2)));
}

/** proc_pid_mountinfo(5): a variable number of optional fields ends with a lone hyphen. */
export function mounts(): Mount[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return lines.map((line) => {
    const [before = "", after = ""] = line.split(" - ", 2);
    const [, , , root = "", target = "", options = ""] = before.split(" ");
    const [type = "", source = ""] = after.split(" ");
    return { target, type, source, root, options };
  });
}
