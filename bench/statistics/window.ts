import type { OpenResult } from "../load/open-loop.ts";
import type { WorkerView } from "../machine/worker-view.ts";
import { type Latency, latencyOf, rounded, sum } from "./quantile.ts";

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

/**
 * Where more arrives than can be served the wait grows by the excess, so that a p99 beyond this is a rate that does not
 * hold, and not a machine that stumbled.
 */
export const SUSTAINED_P99_MS = 250;

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
    sustained: !overwhelmed && failed === 0 && latency.p99Ms <= SUSTAINED_P99_MS,
  };
}
