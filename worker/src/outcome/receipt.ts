import type { CgroupMode, Isolation, Limits, Receipt } from "@mayfly/contract";
import type { Counters, Ending } from "@mayfly/sandbox-addon";

/** Microseconds of the worker's monotonic clock, in the order in which an attempt passes them. */
export interface Marks {
  readonly takenUs: number;
  readonly startedUs: number;
  /** Null where the handler was never called. */
  readonly calledUs: number | null;
  /** Null where it never settled. */
  readonly settledUs: number | null;
  readonly endedUs: number;
}

export interface ReceiptFacts {
  readonly cgroupMode: CgroupMode;
  readonly isolation: Isolation;
  readonly worker: string;
  readonly queueUs: number;
  readonly marks: Marks;
  readonly ending: Ending;
  readonly limits: Limits;
  readonly resultBytes: number;
  readonly logBytes: number;
  readonly enforced: readonly string[];
  readonly afterAnswer: readonly string[];
}

export function createReceipt(facts: ReceiptFacts): Receipt {
  const { ending, limits, afterAnswer } = facts;
  return {
    cgroupMode: facts.cgroupMode,
    isolation: facts.isolation,
    worker: facts.worker,
    timing: timingOf(facts.queueUs, facts.marks, ending.teardownUs),
    ...countersOf(ending.counters, limits),
    output: { resultBytes: facts.resultBytes, logBytes: facts.logBytes },
    enforced: [...facts.enforced],
    ...(afterAnswer.length > 0 ? { afterAnswer: [...afterAnswer] } : {}),
  };
}

/**
 * The phases of an attempt. A handler's own times come from its process, which may lie: whatever it says is pressed
 * into the order of the worker's marks.
 */
export function timingOf(queueUs: number, marks: Marks, teardownUs: number): Receipt["timing"] {
  const { takenUs, startedUs, endedUs } = marks;
  const lastUs = Math.max(startedUs, endedUs - teardownUs);
  const calledUs = within(marks.calledUs ?? lastUs, startedUs, lastUs);
  const settledUs = within(marks.settledUs ?? lastUs, calledUs, lastUs);
  return {
    queueUs: Math.max(0, Math.round(queueUs)),
    setupUs: Math.max(0, Math.round(startedUs - takenUs)),
    initUs: Math.round(calledUs - startedUs),
    runUs: Math.round(settledUs - calledUs),
    teardownUs: Math.round(teardownUs),
  };
}

function within(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value, low), high) : high;
}

function countersOf(counters: Counters, limits: Limits) {
  return {
    cpu: {
      usageUs: counters.cpuUsageUs,
      userUs: counters.cpuUserUs,
      systemUs: counters.cpuSystemUs,
      periods: counters.cpuPeriods,
      throttledPeriods: counters.cpuThrottledPeriods,
      throttledUs: counters.cpuThrottledUs,
    },
    memory: {
      peakBytes: counters.memoryPeakBytes,
      limitBytes: limits.memoryBytes,
      oomKills: counters.oomKills,
      majorFaults: counters.majorFaults,
    },
    pids: { peak: counters.pidsPeak, limit: limits.pidsLimit, refused: counters.pidsRefused },
    io: {
      readBytes: counters.ioReadBytes,
      writeBytes: counters.ioWriteBytes,
      readOps: counters.ioReadOps,
      writeOps: counters.ioWriteOps,
    },
    network: { rxBytes: counters.networkRxBytes, txBytes: counters.networkTxBytes },
    tmpfs: { peakBytes: counters.tmpfsPeakBytes },
  };
}
