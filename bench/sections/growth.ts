import { Queue } from "bullmq";
import { connectionOf } from "../drivers/redis-connection.ts";
import { runClosedLoad } from "../load/run-load.ts";
import { viewedByWorker } from "../machine/worker-view.ts";
import { type Figures, figuresOf, type Round, ratioOf } from "../statistics/figures.ts";
import { type BenchSystem, deploy, type Systems } from "../systems.ts";

/** What one size of something did to the calls. */
export interface GrowthFigures {
  readonly size: number;
  readonly figures: Figures;
  /** Of the p50, to the same load without the size beside it; null where there is none to compare. */
  readonly ratio: number | null;
  /** Jobs per second that went on meanwhile; null where there were none. */
  readonly settledPerSecond: number | null;
}

export interface GrowthSettings {
  readonly functions: readonly number[];
  readonly inFlight: readonly number[];
  readonly jobs: readonly number[];
  readonly rounds: number;
  readonly loadMs: number;
}

const HELLO = { workload: "hello", isolation: "fork" } as const;
const CALLS_IN_FLIGHT = 4;
const DEPLOYS_AT_ONCE = 4;
const JOBS_AT_ONCE = 1000;

/** Calls in turn over all of N functions, and in the same rounds over the one of another system. */
export async function growFunctions(systems: Systems, settings: GrowthSettings): Promise<GrowthFigures[]> {
  const [one, many] = [await systems.get("usual"), await systems.get("many-functions")];
  const single = callsOf(one, [await one.function(HELLO)]);
  const names: string[] = [];
  const grown: GrowthFigures[] = [];
  for (const size of settings.functions) {
    await deployUpTo(many, names, size);
    const calls = callsOf(many, [...names]);
    // Each is called once before the clock runs: a first call is another measurement.
    await calls({ inFlight: CALLS_IN_FLIGHT, durationMs: 0, warmUpCalls: Math.ceil(size / CALLS_IN_FLIGHT) });
    const [alone, among]: [Round[], Round[]] = [[], []];
    for (let round = 0; round < settings.rounds; round++) {
      alone.push(await single({ inFlight: CALLS_IN_FLIGHT, durationMs: settings.loadMs }));
      among.push(await calls({ inFlight: CALLS_IN_FLIGHT, durationMs: settings.loadMs }));
    }
    const [base, figures] = [figuresOf(CALLS_IN_FLIGHT, alone), figuresOf(CALLS_IN_FLIGHT, among)];
    const ratio = ratioOf(figures.roundP50sMs, base.roundP50sMs);
    grown.push({ size, figures, ratio, settledPerSecond: null });
  }
  await systems.stop("many-functions");
  return grown;
}

export async function growInFlight(systems: Systems, settings: GrowthSettings): Promise<GrowthFigures[]> {
  const usual = await systems.get("usual");
  const calls = callsOf(usual, [await usual.function(HELLO)]);
  const grown: GrowthFigures[] = [];
  for (const size of settings.inFlight) {
    const round = await calls({ inFlight: size, durationMs: settings.rounds * settings.loadMs });
    grown.push({ size, figures: figuresOf(size, [round]), ratio: null, settledPerSecond: null });
  }
  return grown;
}

/** Sync calls of one function, one at a time, while so many jobs of another wait in its queue. */
export async function growQueue(systems: Systems, settings: GrowthSettings): Promise<GrowthFigures[]> {
  const running = await systems.get("many-jobs");
  const [queued, called] = ["bench-queued", "bench-called"];
  await deploy(running.system, queued, HELLO);
  await deploy(running.system, called, HELLO);
  const calls = callsOf(running, [called]);
  const connection = connectionOf(running.system.redisUrl);
  const queue = new Queue(`{${queued}}`, { connection, prefix: "mayfly" });
  const grown: GrowthFigures[] = [];
  for (const size of settings.jobs) {
    await fill(queue, size - (await queue.getWaitingCount()));
    const [before, at] = [await queue.getWaitingCount(), performance.now()];
    const round = await calls({ inFlight: 1, durationMs: settings.rounds * settings.loadMs });
    const settled = before - (await queue.getWaitingCount());
    const settledPerSecond = (settled * 1000) / (performance.now() - at);
    grown.push({ size, figures: figuresOf(1, [round]), ratio: null, settledPerSecond });
  }
  await queue.close();
  // What is left of the jobs goes with their Redis.
  await systems.stop("many-jobs");
  return grown;
}

async function fill(queue: Queue, jobs: number): Promise<void> {
  for (let left = jobs; left > 0; left -= JOBS_AT_ONCE) {
    const some = Array.from({ length: Math.min(left, JOBS_AT_ONCE) }, (_, n) => ({
      name: "bench",
      data: { n },
    }));
    await queue.addBulk(some);
  }
}

async function deployUpTo({ system }: BenchSystem, names: string[], size: number): Promise<void> {
  while (names.length < size) {
    const next = Array.from(
      { length: Math.min(DEPLOYS_AT_ONCE, size - names.length) },
      (_, i) => `bench-many-${names.length + i + 1}`,
    );
    names.push(...(await Promise.all(next.map((name) => deploy(system, name, HELLO)))));
  }
}

/** Calls functions of a system in turn, for so long. */
function callsOf({ system }: BenchSystem, names: readonly string[]) {
  const paths = names.map((name) => `/function/${name}`);
  const spec = { driver: "http", url: system.url, paths, workload: "hello" } as const;
  return async (load: { inFlight: number; durationMs: number; warmUpCalls?: number }): Promise<Round> => {
    const { result, view } = await viewedByWorker(system, () =>
      runClosedLoad({ spec, pauseMs: 0, warmUpCalls: 2, ...load }),
    );
    return { ...result, starts: view?.starts ?? null };
  };
}
