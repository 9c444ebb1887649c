import type { LimitsInput } from "./limits.ts";
import type { CgroupMode } from "./receipt.ts";

/**
 * `enforced`: the kernel or the launcher holds it. `bestEffort`: it is asked for, and may have no effect here.
 * `refused`: a function that sets it is not run.
 */
export type Enforcement = "enforced" | "bestEffort" | "refused";

export interface EnforcementRow {
  readonly limit: keyof LimitsInput;
  readonly level: Readonly<Record<CgroupMode, Enforcement>>;
  /** By what it is held, or why it is not. */
  readonly reason: string;
}

const everywhere = (level: Enforcement): EnforcementRow["level"] => ({
  v1: level,
  hybrid: level,
  v2: level,
});

/** What each limit is worth in each cgroup mode; `doctor` prints it for the present one. */
export const ENFORCEMENT: readonly EnforcementRow[] = [
  { limit: "cpus", level: everywhere("enforced"), reason: "CFS bandwidth: quota per period" },
  { limit: "cpuPeriod", level: everywhere("enforced"), reason: "CFS bandwidth: quota per period" },
  { limit: "cpuQuota", level: everywhere("enforced"), reason: "CFS bandwidth: quota per period" },
  {
    limit: "cpuShares",
    level: everywhere("enforced"),
    reason: "a weight between this worker's invocations; it counts only while they compete for a CPU",
  },
  { limit: "cpusetCpus", level: everywhere("enforced"), reason: "the cpuset controller" },
  { limit: "memory", level: everywhere("enforced"), reason: "the memory controller; tmpfs pages count" },
  {
    limit: "memorySwap",
    level: everywhere("bestEffort"),
    reason:
      "a kernel without swap accounting (swapaccount=0) has no such file; where the host has no swap, nothing is lost",
  },
  {
    limit: "memoryReservation",
    level: everywhere("bestEffort"),
    reason:
      "v1's soft limit guarantees nothing; v2's memory.low protects only as far as every ancestor is protected",
  },
  { limit: "pidsLimit", level: everywhere("enforced"), reason: "the pids controller; threads count" },
  { limit: "tmpfsSize", level: everywhere("enforced"), reason: "the tmpfs's size, for /tmp and /dev/shm" },
  { limit: "tmpfsInodes", level: everywhere("enforced"), reason: "the tmpfs's nr_inodes" },
  {
    limit: "blkioWeight",
    level: everywhere("bestEffort"),
    reason: "only the BFQ scheduler, or iocost on v2, heeds a weight; others ignore it",
  },
  { limit: "deviceReadBps", level: everywhere("enforced"), reason: "block I/O throttling" },
  {
    limit: "deviceWriteBps",
    level: { v1: "bestEffort", hybrid: "bestEffort", v2: "enforced" },
    reason: "v1 throttles direct and synchronous writes; write-back through the page cache is not charged",
  },
  { limit: "deviceReadIops", level: everywhere("enforced"), reason: "block I/O throttling" },
  {
    limit: "deviceWriteIops",
    level: { v1: "bestEffort", hybrid: "bestEffort", v2: "enforced" },
    reason: "v1 throttles direct and synchronous writes; write-back through the page cache is not charged",
  },
  { limit: "ulimits", level: everywhere("enforced"), reason: "setrlimit(2); never above the worker's own" },
  { limit: "timeoutMs", level: everywhere("enforced"), reason: "the launcher's clock, then SIGKILL" },
  {
    limit: "cpuTimeMs",
    level: everywhere("enforced"),
    reason: "the cgroup's CPU time, polled by the launcher",
  },
  { limit: "resultBytes", level: everywhere("enforced"), reason: "counted by the worker" },
  { limit: "logBytes", level: everywhere("enforced"), reason: "counted by the worker" },
  {
    limit: "egressBps",
    level: everywhere("enforced"),
    reason: "a sandbox has no network besides its own loopback: nothing leaves at all",
  },
];
