import type { HttpTarget } from "../drivers/http-pool.ts";
import type { OpenLoad } from "../load/open-loop.ts";
import { runClosedLoad, runOpenLoad } from "../load/run-load.ts";
import { viewedByWorker } from "../machine/worker-view.ts";
import { searchRate } from "../statistics/rate-search.ts";
import { type Window, windowOf } from "../statistics/window.ts";
import type { Systems } from "../systems.ts";
import type { OpenTrial } from "../trials/trial.ts";
import { type NotMeasured, orReason } from "./not-measured.ts";

export interface OpenSettings {
  readonly warmUpMs: number;
  /** Of the search: each rate that is tried. */
  readonly probeMs: number;
  readonly maxTries: number;
  readonly sustainMs: number;
  readonly at80Ms: number;
  /** Further rates for the plot, as parts of the one that is sustained. */
  readonly curve: readonly number[];
  readonly curveMs: number;
}

export interface OpenFigures {
  /** Calls per second of a closed loop with so many in flight: where the search begins. */
  readonly capacityPerSecond: number;
  /** The highest rate that held; null where none did. */
  readonly sustained: Window | null;
  /** Four fifths of it: where one would run a service. */
  readonly at80: Window | null;
  /** Everything that was tried, by rate. */
  readonly windows: readonly Window[];
}

export type OpenMeasured = Pick<OpenTrial, "id" | "title" | "what"> & (OpenFigures | NotMeasured);

const IN_FLIGHT_FOR_CAPACITY = 16;
/** A rate that held for seconds may not hold for a minute: then a little less is tried. */
const STEP_DOWN = 0.93;
const SUSTAIN_TRIES = 3;

export async function measureOpenLoop(
  trials: readonly OpenTrial[],
  systems: Systems,
  settings: OpenSettings,
  say: (line: string) => void,
): Promise<OpenMeasured[]> {
  const measured: OpenMeasured[] = [];
  for (const trial of trials) {
    const { id, title, what } = trial;
    say(`arrivals: ${title}`);
    measured.push({ id, title, what, ...(await orReason(() => measureOne(trial, systems, settings, say))) });
  }
  return measured;
}

async function measureOne(
  { of }: OpenTrial,
  systems: Systems,
  settings: OpenSettings,
  say: (line: string) => void,
): Promise<OpenFigures> {
  const running = await systems.get("usual");
  const paths = [`/function/${await running.function(of)}`];
  const target: HttpTarget = { url: running.system.url, paths, workload: of.workload };
  const windows: Window[] = [];
  const look = async (perSecond: number, durationMs: number): Promise<Window> => {
    const load: OpenLoad = { target, perSecond, warmUpMs: settings.warmUpMs, durationMs };
    const { result, view } = await viewedByWorker(running.system, () => runOpenLoad(load));
    const window = windowOf(result, view);
    say(`  ${describe(window)}`);
    windows.push(window);
    return window;
  };
  const capacityPerSecond = await capacityOf(target, settings.probeMs);
  const found = await searchRate(
    capacityPerSecond,
    settings.maxTries,
    async (perSecond) => (await look(perSecond, settings.probeMs)).sustained,
  );
  const sustained = found === null ? null : await sustain(found, (rate) => look(rate, settings.sustainMs));
  const at80 = sustained && (await look(0.8 * sustained.perSecond, settings.at80Ms));
  for (const part of settings.curve)
    if (sustained !== null) await look(part * sustained.perSecond, settings.curveMs);
  return {
    capacityPerSecond,
    sustained,
    at80,
    windows: windows.toSorted((a, b) => a.perSecond - b.perSecond),
  };
}

async function capacityOf(target: HttpTarget, durationMs: number): Promise<number> {
  const { latenciesMs, elapsedMs } = await runClosedLoad({
    spec: { driver: "http", ...target },
    inFlight: IN_FLIGHT_FOR_CAPACITY,
    warmUpCalls: 2,
    durationMs,
    pauseMs: 0,
  });
  return latenciesMs.length / (elapsedMs / 1000);
}

async function sustain(found: number, look: (rate: number) => Promise<Window>): Promise<Window | null> {
  for (let tries = 0; tries < SUSTAIN_TRIES; tries++) {
    const window = await look(found * STEP_DOWN ** tries);
    if (window.sustained) return window;
  }
  return null;
}

const describe = ({ perSecond, p50Ms, p99Ms, sustained }: Window) =>
  `${perSecond.toFixed(0)}/s: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${sustained ? "" : ", not sustained"}`;
