import { metricSum, type System } from "../../test/support/system.ts";

/** How the processes of a stretch of calls came to be, by the worker's own count. */
export interface Starts {
  readonly parked: number;
  readonly onDemand: number;
  readonly boot: number;
}

export async function startsSoFar(system: System): Promise<Starts> {
  const metrics = await system.workerMetrics();
  const count = (how: keyof Starts) => metricSum(metrics, "mayfly_starts_total", { how });
  return { parked: count("parked"), onDemand: count("onDemand"), boot: count("boot") };
}

/** Runs something, and counts what a system started meanwhile. */
export async function countingStarts<T>(
  system: System | null,
  run: () => Promise<T>,
): Promise<{ result: T; starts: Starts | null }> {
  if (system === null) return { result: await run(), starts: null };
  const before = await startsSoFar(system);
  const result = await run();
  return { result, starts: combine(await startsSoFar(system), before, (now, then) => now - then) };
}

/** @returns null where none of them was counted */
export function sumOfStarts(all: readonly (Starts | null)[]): Starts | null {
  return all.reduce((total, one) => total && one && combine(total, one, (a, b) => a + b));
}

function combine(a: Starts, b: Starts, by: (a: number, b: number) => number): Starts {
  return { parked: by(a.parked, b.parked), onDemand: by(a.onDemand, b.onDemand), boot: by(a.boot, b.boot) };
}
