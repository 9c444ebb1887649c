import { z } from "zod";

/** A counter that this kernel or cgroup mode cannot give is null, never 0. */
const counter = z.number().nonnegative().nullable();

export const CGROUP_MODES = ["v1", "v2", "hybrid"] as const;
export type CgroupMode = (typeof CGROUP_MODES)[number];

export const ISOLATIONS = ["exec", "fork"] as const;
/** How the process was started: `exec` boots a runtime, `fork` copies one that has booted. */
export type Isolation = (typeof ISOLATIONS)[number];

/**
 * What one attempt used. Times are microseconds, sizes bytes, and every counter is the kernel's own, read from the
 * attempt's cgroup after its last process was gone and before the cgroup was removed.
 */
export const receiptSchema = z.object({
  cgroupMode: z.enum(CGROUP_MODES),
  isolation: z.enum(ISOLATIONS),
  /** The worker's id: `<host>-<number>`. */
  worker: z.string(),
  timing: z.object({
    /** From accepted to taken by a worker. */
    queueUs: z.number().nonnegative(),
    /** From taken to the process's start: code, namespaces, root, cgroup. */
    setupUs: z.number().nonnegative(),
    /** From the process's start to the handler's call: the runtime's boot, the bundle's load. */
    initUs: z.number().nonnegative(),
    /** From the handler's call to its settling. */
    runUs: z.number().nonnegative(),
    /** From settling to the cgroup's removal. */
    teardownUs: z.number().nonnegative(),
  }),
  cpu: z.object({
    usageUs: counter,
    /** On v1 in clock ticks, so null while the usage is below one. */
    userUs: counter,
    systemUs: counter,
    /** Null without a quota. */
    periods: counter,
    throttledPeriods: counter,
    throttledUs: counter,
  }),
  memory: z.object({ peakBytes: counter, limitBytes: counter, oomKills: counter, majorFaults: counter }),
  pids: z.object({ peak: counter, limit: counter, refused: counter }),
  /** On v1 null unless a throttle rule is active: the kernel counts nothing then. */
  io: z.object({ readBytes: counter, writeBytes: counter, readOps: counter, writeOps: counter }),
  network: z.object({ rxBytes: counter, txBytes: counter }),
  tmpfs: z.object({ peakBytes: counter }),
  output: z.object({ resultBytes: z.number(), logBytes: z.number() }),
  /** The limits and walls that were in force for this attempt, by name. */
  enforced: z.array(z.string()),
  /** What happened after the outcome was fixed: a `waitUntil` that was cut off, a kill in tear-down. */
  afterAnswer: z.array(z.string()).optional(),
});

export type Receipt = z.infer<typeof receiptSchema>;
