import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import os, { tmpdir } from "node:os";
import { mounts, type Process, processes, statusOf } from "./proc.ts";

/** What a function can find out about where it runs; none of it should be the host's. */
export default function top() {
  const status = statusOf("self");
  return {
    hostname: os.hostname(),
    kernel: os.release(),
    uptimeSeconds: os.uptime(),
    loadAverage: os.loadavg(),
    self: {
      pid: process.pid,
      parent: process.ppid,
      node: process.version,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      groups: process.getgroups?.(),
      capabilities: status["CapEff"],
      boundingSet: status["CapBnd"],
      noNewPrivileges: status["NoNewPrivs"] === "1",
      seccomp: status["Seccomp"] === "2" ? "filter" : "none",
      cgroup: readFileSync("/proc/self/cgroup", "utf8").trim().split("\n"),
      namespaces: namespaces(),
      descriptors: descriptors(),
      environment: Object.keys(process.env),
    },
    cpus: {
      listed: os.cpus().length,
      usable: os.availableParallelism(),
      allowed: status["Cpus_allowed_list"],
    },
    memory: {
      totalBytes: os.totalmem(),
      freeBytes: os.freemem(),
      constrainedBytes: process.constrainedMemory(),
      residentBytes: process.memoryUsage.rss(),
    },
    processes: processes().sort(byCpu),
    mounts: mounts(),
    network: os.networkInterfaces(),
    files: {
      root: readdirSync("/"),
      writable: ["/", tmpdir(), "/dev/shm", "/proc/sys/kernel"].filter(isWritable),
    },
  };
}

const byCpu = (a: Process, b: Process) => b.cpuTicks - a.cpuTicks;

function namespaces(): Record<string, string> {
  const kinds = readdirSync("/proc/self/ns").filter((kind) => !kind.endsWith("_for_children"));
  return Object.fromEntries(kinds.map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]));
}

function descriptors(): Record<string, string> {
  const open = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [[fd, readlinkSync(`/proc/self/fd/${fd}`)] as const];
    } catch {
      return []; // The one that the listing itself had open.
    }
  });
  return Object.fromEntries(open);
}

function isWritable(folder: string): boolean {
  const file = `${folder}/written-by-top`;
  try {
    writeFileSync(file, "");
    rmSync(file);
    return true;
  } catch {
    return false;
  }
}
