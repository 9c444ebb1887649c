import type { Counters } from "@mayfly/sandbox-addon";

/** What a kernel counts of a sandbox that did nothing of note. */
export const noCounters: Counters = {
  cpuUsageUs: 1000,
  cpuUserUs: null,
  cpuSystemUs: null,
  cpuPeriods: 1,
  cpuThrottledPeriods: 0,
  cpuThrottledUs: 0,
  memoryPeakBytes: 1000,
  oomKills: 0,
  majorFaults: 0,
  pidsPeak: 7,
  pidsRefused: 0,
  ioReadBytes: null,
  ioWriteBytes: null,
  ioReadOps: null,
  ioWriteOps: null,
  networkRxBytes: 0,
  networkTxBytes: 0,
  tmpfsPeakBytes: null,
};
