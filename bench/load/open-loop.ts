import { setTimeout } from "node:timers/promises";
import { HttpPool, type HttpTarget } from "../drivers/http-pool.ts";
import { startCpuMeter } from "../machine/cpu.ts";
import { rounded } from "../statistics/quantile.ts";

/** Arrivals at a constant rate, over HTTP: nobody who calls a service waits for the answer of somebody else. */
export interface OpenLoad {
  readonly target: HttpTarget;
  readonly perSecond: number;
  /** At the same rate, before anything is counted. */
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface OpenResult {
  readonly perSecond: number;
  readonly scheduled: number;
  /** From the time that a call was due, answered rightly. One that had to wait for its connection counts that, too. */
  readonly latenciesMs: readonly number[];
  /** How often each thing went wrong. */
  readonly errors: Readonly<Record<string, number>>;
  /** From the first call that was due to the last answer. */
  readonly elapsedMs: number;
  readonly machineCpuMs: number;
  readonly loadCpuMs: number;
  /** It was given up, since so many calls were without an answer that more would say nothing new. */
  readonly overwhelmed: boolean;
}

/** Two seconds' worth of calls without an answer: this rate is not sustained, however long one looks. */
const HOPELESS_MS = 2000;
const MIN_HOPELESS = 64;

async function run({ target, perSecond, warmUpMs, durationMs }: OpenLoad): Promise<OpenResult> {
  const connections = new HttpPool(target);
  if (warmUpMs > 0) await arrivals(connections, perSecond, warmUpMs);
  const cpu = startCpuMeter();
  const result = await arrivals(connections, perSecond, durationMs);
  const spent = cpu.spent();
  connections.close();
  return { perSecond, ...result, ...spent };
}

async function arrivals(connections: HttpPool, perSecond: number, durationMs: number) {
  const scheduled = Math.round((perSecond * durationMs) / 1000);
  const hopeless = Math.max(MIN_HOPELESS, (perSecond * HOPELESS_MS) / 1000);
  const latenciesMs: number[] = [];
  const errors: Record<string, number> = {};
  const startedAt = performance.now();
  const open = new Set<Promise<void>>();
  let due = 0;
  let overwhelmed = false;
  const callAt = async (dueAt: number, call: number) => {
    try {
      await connections.call(call);
      latenciesMs.push(rounded(performance.now() - dueAt));
    } catch (error) {
      const kind = (error as Error).message.slice(0, 120);
      errors[kind] = (errors[kind] ?? 0) + 1;
    }
  };
  while (due < scheduled && !overwhelmed) {
    // Timers have milliseconds: what has become due since is sent together, and counted from its own time.
    for (; due < scheduled && startedAt + (due * 1000) / perSecond <= performance.now(); due++) {
      const calling = callAt(startedAt + (due * 1000) / perSecond, due).then(() => void open.delete(calling));
      open.add(calling);
    }
    overwhelmed = open.size > hopeless;
    await setTimeout(1);
  }
  await Promise.all(open);
  return { scheduled: due, latenciesMs, errors, overwhelmed, elapsedMs: performance.now() - startedAt };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? "{}") as OpenLoad)));
