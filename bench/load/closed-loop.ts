import type { Driver, DriverSpec } from "../drivers/driver.ts";
import { openDriver } from "../drivers/open-driver.ts";
import { startCpuMeter } from "../machine/cpu.ts";
import { rounded } from "../statistics/quantile.ts";

/** One load: what to call, how many at once, for how long. The next call of a flight begins when the last is over. */
export interface ClosedLoad {
  readonly spec: DriverSpec;
  readonly inFlight: number;
  /** Calls of each flight before the clock runs. */
  readonly warmUpCalls: number;
  readonly durationMs: number;
  /** Between two calls of a flight: time to make ready what is made ahead. It counts for no latency. */
  readonly pauseMs: number;
}

export interface LoadResult {
  /** From request to result, of every call. */
  readonly latenciesMs: readonly number[];
  /** From request until its slot was free again: a peer's process has ended by then. */
  readonly wholeMs: readonly number[];
  /** From the first call's start to the last one's end. */
  readonly elapsedMs: number;
  readonly machineCpuMs: number;
  readonly loadCpuMs: number;
}

async function run({ spec, inFlight, warmUpCalls, durationMs, pauseMs }: ClosedLoad): Promise<LoadResult> {
  const driver = await openDriver(spec, inFlight);
  const calls = numbers();
  try {
    await inEveryFlight(inFlight, async () => {
      for (let i = 0; i < warmUpCalls; i++) await driver.call(calls.next().value);
    });
    return await timed(driver, calls, { inFlight, durationMs, pauseMs });
  } finally {
    await driver.close();
  }
}

async function timed(
  driver: Driver,
  calls: Iterator<number, never>,
  { inFlight, durationMs, pauseMs }: Pick<ClosedLoad, "inFlight" | "durationMs" | "pauseMs">,
): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const wholeMs: number[] = [];
  const cpu = startCpuMeter();
  const startedAt = performance.now();
  await inEveryFlight(inFlight, async () => {
    while (performance.now() - startedAt < durationMs) {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const calledAt = performance.now();
      latenciesMs.push(rounded((await driver.call(calls.next().value)) - calledAt));
      wholeMs.push(rounded(performance.now() - calledAt));
    }
  });
  return { latenciesMs, wholeMs, elapsedMs: performance.now() - startedAt, ...cpu.spent() };
}

/** All are waited for, also where one fails: a peer that is still running would find its folder gone. */
async function inEveryFlight(inFlight: number, fly: () => Promise<void>): Promise<void> {
  for (const flight of await Promise.allSettled(Array.from({ length: inFlight }, fly)))
    if (flight.status === "rejected") throw flight.reason;
}

function* numbers(): Generator<number, never> {
  for (let n = 0; ; n++) yield n;
}

// A process of its own for each load, so that none inherits another's heap, compiled code or connections.
process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as ClosedLoad)));
