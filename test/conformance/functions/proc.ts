import fs from "node:fs";
import { answering, type Questions, sorted } from "./answers.ts";

const read = (path: string) => fs.readFileSync(path, "utf8");
const lines = (path: string) => read(path).trim().split("\n");
const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(read("/proc/self/status"))?.[1];

export const questions: Questions = {
  "/proc/self/cmdline": () => read("/proc/self/cmdline").split("\0"),
  "/proc/self/comm, and each thread's": () => [read("/proc/self/comm"), read("/proc/thread-self/comm")],
  "/proc/self/environ holds the names of the function's environment": () =>
    read("/proc/self/environ")
      .split("\0")
      .map((entry) => entry.split("=")[0])
      .sort(),
  "/proc/self/exe, cwd and root": () =>
    ["exe", "cwd", "root"].map((name) => fs.readlinkSync(`/proc/self/${name}`)),
  "/proc/self/fd: what is open": () =>
    fs
      .readdirSync("/proc/self/fd")
      .flatMap((fd) => {
        try {
          return [fs.readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, "N")];
        } catch {
          return []; // The folder's own descriptor, closed since.
        }
      })
      .sort(),
  "/proc/self/status: who it is and what it may": () =>
    ["Name", "Umask", "Pid", "PPid", "Tgid", "TracerPid", "Uid", "Gid", "Groups", "NStgid", "NSpid", "NSsid"]
      .concat(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "CoreDumping"])
      .concat([
        "THP_enabled",
        "SigBlk",
        "SigIgn",
        "Cpus_allowed_list",
        "Mems_allowed_list",
        "Speculation_Store_Bypass",
      ])
      .map((name) => `${name} ${field(name)}`),
  "/proc/self/status: how many filters bind it": () => field("Seccomp_filters"),
  "/proc/self/limits": () => lines("/proc/self/limits"),
  "/proc/self/mountinfo: the same mounts on the same places": () =>
    lines("/proc/self/mountinfo")
      .map((line) => {
        const [, , , root, at, options] = line.split(" ");
        return `${at} ${root} ${options} ${line.split(" - ")[1]?.split(" ")[0]}`;
      })
      .sort(),
  "/proc/self/cgroup shows the root of its own": () =>
    lines("/proc/self/cgroup").map((line) => line.split(":")[2]),
  "/proc/self/ns: every kind is there": () => fs.readdirSync("/proc/self/ns").sort(),
  "/proc/self/uid_map, gid_map, setgroups and timens_offsets": () =>
    ["uid_map", "gid_map", "setgroups", "timens_offsets"].map((name) =>
      read(`/proc/self/${name}`)
        .trim()
        .replace(/\s+/g, " ")
        .replace(/(boottime) -?\d+/, "$1 N")
        .replace(/ 1\d{5} 1$/, " HOST 1"),
    ),
  "/proc/self/oom_score_adj, coredump_filter, personality and loginuid": () =>
    ["oom_score_adj", "coredump_filter", "loginuid", "sessionid", "autogroup", "timerslack_ns"].map(
      (name) => {
        try {
          return `${name} ${read(`/proc/self/${name}`).trim()}`.replace(/autogroup-\d+/, "autogroup-N");
        } catch (error) {
          return `${name} ${(error as NodeJS.ErrnoException).code}`;
        }
      },
    ),
  "/proc/self/maps: the files that are mapped": () =>
    sorted(
      new Set(
        lines("/proc/self/maps")
          .map((line) => line.split(/\s+/).slice(5).join(" "))
          .filter((path) => path !== ""),
      ),
    ),
  "/proc/self/maps: no memory that is shared with another process": () =>
    lines("/proc/self/maps").filter((line) => / .w.s /.test(line)),
  "/proc/self/auxv and stat belong to this process": () => [
    fs.readFileSync("/proc/self/auxv").length > 0,
    read("/proc/self/stat").split(" ").length,
  ],
  "/proc holds itself and its init": () =>
    fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .sort(),
  "what of /proc is hidden": () => {
    const hidden = [
      "kcore",
      "keys",
      "timer_list",
      "sysrq-trigger",
      "kallsyms",
      "sched_debug",
      "kmsg",
      "acpi",
      "scsi",
    ];
    return hidden.map((name) => {
      try {
        return `${name} ${fs.statSync(`/proc/${name}`).isDirectory() ? fs.readdirSync(`/proc/${name}`).length : read(`/proc/${name}`).length}`;
      } catch (error) {
        return `${name} ${(error as NodeJS.ErrnoException).code}`;
      }
    });
  },
  "the host's name, domain and randomness in /proc/sys": () => [
    // The function's name, which says how it was started.
    read("/proc/sys/kernel/hostname").replace(/-(exec|fork)/, ""),
    read("/proc/sys/kernel/domainname"),
    fs.existsSync("/proc/sys/kernel/random/boot_id"),
  ],
};

export default answering(questions);
