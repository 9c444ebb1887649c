import type { OpenResult } from "../load/open-loop.ts";
import type { WorkerView } from "../machine/worker-view.ts";
import { type Latency, latencyOf, median, rounded, sum } from "./quantile.ts";

/** What is said of a stretch of constant arrivals. */
export interface Window extends Latency {
  readonly perSecond: number;
  readonly seconds: number;
  readonly calls: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly cpuMsPerCall: number;
  readonly loadCpuMsPerCall: number;
  /** What the worker saw, the warm-up included. */
  readonly worker: WorkerView | null;
  /** Every call was answered rightly, and the waiting did not grow. */
  readonly sustained: boolean;
}

/** Beyond this a rate does not hold, however it came to it. */
const MOST_P99_MS = 250;

/** Where so many in a thousand arrive too many, the wait grows by as many milliseconds a second. */
const MOST_GROWTH_MS_PER_SECOND = 15;

export function windowOf(result: OpenResult, worker: WorkerView | null): Window {
  const { perSecond, latenciesMs, errors, elapsedMs, machineCpuMs, loadCpuMs, overwhelmed } = result;
  const latency = latencyOf(latenciesMs);
  const failed = sum(Object.values(errors));
  return {
    perSecond: rounded(perSecond),
    seconds: rounded(elapsedMs / 1000),
    calls: latenciesMs.length,
    ...latency,
    errors,
    cpuMsPerCall: rounded(machineCpuMs / latenciesMs.length),
    loadCpuMsPerCall: rounded(loadCpuMs / latenciesMs.length),
    worker,
    sustained:
      !overwhelmed &&
      failed === 0 &&
      latency.p99Ms <= MOST_P99_MS &&
      growthOf(latenciesMs, elapsedMs) <= MOST_GROWTH_MS_PER_SECOND,
  };
}

/**
 * By how many milliseconds a second the wait grew: the median of the last third beside that of the first, since a
 * machine that stumbles for a moment has not been asked too much.
 *
 * @param latenciesMs in the order of the answers
 */
export function growthOf(latenciesMs: readonly number[], elapsedMs: number): number {
  const third = Math.floor(latenciesMs.length / 3);
  if (third === 0) return 0;
  const growth = median(latenciesMs.slice(-third)) - median(latenciesMs.slice(0, third));
  return growth / ((elapsedMs / 1000) * (2 / 3));
}
