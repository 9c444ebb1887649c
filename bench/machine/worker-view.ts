import { metricSum, type System } from "../../test/support/system.ts";

const DELAY = "mayfly_event_loop_delay_seconds";

/** How the processes of a stretch of calls came to be, by the worker's own count. */
export interface Starts {
  readonly parked: number;
  readonly onDemand: number;
  readonly boot: number;
}

/** What a worker's metrics say of a stretch of calls. */
export interface WorkerView {
  readonly starts: Starts;
  /** How late its timers were, at worst in 99 of 100 looks; null where it does not say. */
  readonly eventLoopP99Ms: number | null;
}

/** Runs something, and reads what a system's worker saw of it; null where there is no system. */
export async function viewedByWorker<T>(
  system: System | null,
  run: () => Promise<T>,
): Promise<{ result: T; view: WorkerView | null }> {
  if (system === null) return { result: await run(), view: null };
  // The delay is that since the last look: this one forgets what was before.
  const before = await look(system);
  const result = await run();
  const after = await look(system);
  const starts = combine(after.starts, before.starts, (now, then) => now - then);
  return { result, view: { starts, eventLoopP99Ms: after.eventLoopP99Ms } };
}

async function look(system: System): Promise<WorkerView> {
  const metrics = await system.workerMetrics();
  const count = (how: keyof Starts) => metricSum(metrics, "mayfly_starts_total", { how });
  const delaySeconds = metricSum(metrics, DELAY, { quantile: "0.99" });
  return {
    starts: { parked: count("parked"), onDemand: count("onDemand"), boot: count("boot") },
    eventLoopP99Ms: metrics.includes(`${DELAY}{`) ? delaySeconds * 1000 : null,
  };
}

/** @returns null where one of them was not counted */
export function sumOfStarts(all: readonly (Starts | null)[]): Starts | null {
  return all.reduce((total, one) => total && one && combine(total, one, (a, b) => a + b));
}

function combine(a: Starts, b: Starts, by: (a: number, b: number) => number): Starts {
  return { parked: by(a.parked, b.parked), onDemand: by(a.onDemand, b.onDemand), boot: by(a.boot, b.boot) };
}
