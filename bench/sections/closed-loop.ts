import type { System } from "../../test/support/system.ts";
import type { DriverSpec } from "../drivers/driver.ts";
import { runClosedLoad } from "../load/run-load.ts";
import { viewedByWorker } from "../machine/worker-view.ts";
import { PEERS } from "../peers/index.ts";
import { type Figures, figuresOf, type Round } from "../statistics/figures.ts";
import type { Systems } from "../systems.ts";
import type { ClosedTrial } from "../trials/trial.ts";
import { type NotMeasured, orReason } from "./not-measured.ts";

export interface ClosedSettings {
  readonly rounds: number;
  readonly trialMs: number;
  /** A pause between calls takes most of a trial's time, so such a trial has more of it. */
  readonly pausedTrialMs: number;
  readonly inFlight: readonly number[];
  /** No round begins that would not end by then, going by the longest so far; one always runs. */
  readonly budgetMs: number;
}

export interface ClosedFigures {
  readonly figures: readonly Figures[];
  /** Rounds that failed, which no figure has in it. */
  readonly failures: readonly string[];
}

/** A trial's figures, or why there are none. */
export type ClosedMeasured = Pick<ClosedTrial, "id" | "title" | "what"> & (ClosedFigures | NotMeasured);

interface Runnable {
  readonly trial: ClosedTrial;
  /** Null where none is called. */
  readonly system: System | null;
  readonly spec: DriverSpec;
  readonly around: readonly string[];
  /** By number in flight, round by round. */
  readonly results: Map<number, Round[]>;
  readonly failures: string[];
}

/**
 * Measures the trials in turns: each round runs every trial with every number in flight, and begins with another trial
 * than the last one, so that a noisy minute falls on all of them alike.
 */
export async function measureClosedLoop(
  trials: readonly ClosedTrial[],
  systems: Systems,
  settings: ClosedSettings,
  say: (line: string) => void,
): Promise<ClosedMeasured[]> {
  const startedAt = performance.now();
  const prepared = new Map<string, Runnable | NotMeasured>();
  for (const trial of trials) prepared.set(trial.id, await orReason(() => prepare(trial, systems)));
  const runnable = [...prepared.values()].filter((one) => "spec" in one);
  let longestMs = 0;
  for (let round = 0; runnable.length > 0 && round < settings.rounds; round++) {
    const roundAt = performance.now();
    if (round > 0 && roundAt - startedAt + longestMs > settings.budgetMs) break;
    say(`round ${round + 1} of ${settings.rounds}`);
    for (const inFlight of settings.inFlight)
      for (const one of rotated(runnable, round)) await runRound(one, inFlight, settings);
    longestMs = Math.max(longestMs, performance.now() - roundAt);
  }
  return trials.map(({ id, title, what }) => {
    const one = prepared.get(id) ?? { notMeasured: "it was not run" };
    if ("notMeasured" in one) return { id, title, what, ...one };
    const figures = [...one.results].map((of) => figuresOf(...of));
    return { id, title, what, figures, failures: one.failures };
  });
}

/** One call, to find out whether there is anything to measure. */
async function prepare(trial: ClosedTrial, systems: Systems): Promise<Runnable> {
  const spec = await trial.spec(systems);
  const peer = spec.driver === "process" ? PEERS[spec.peer] : undefined;
  const around = (await peer?.around?.()) ?? [];
  try {
    await runClosedLoad({ spec, inFlight: 1, warmUpCalls: 1, durationMs: 0, pauseMs: 0 }, around);
  } catch (error) {
    const isMissing = (error as Error).message.endsWith("ENOENT") && peer !== undefined;
    throw isMissing ? new Error(`not installed; ${peer.install}`) : error;
  }
  const system = trial.system === undefined ? null : (await systems.get(trial.system)).system;
  return { trial, system, spec, around, results: new Map(), failures: [] };
}

async function runRound(
  { trial, system, spec, around, results, failures }: Runnable,
  inFlight: number,
  { trialMs, pausedTrialMs }: ClosedSettings,
): Promise<void> {
  const { inFlight: own = [inFlight], pauseMs = 0 } = trial;
  if (!own.includes(inFlight)) return;
  const durationMs = pauseMs > 0 ? pausedTrialMs : trialMs;
  // Many flights warm up each other.
  const warmUpCalls = inFlight > 4 ? 1 : 3;
  try {
    const load = { spec, inFlight, warmUpCalls, durationMs, pauseMs };
    const { result, view } = await viewedByWorker(system, () => runClosedLoad(load, around));
    results.set(inFlight, [...(results.get(inFlight) ?? []), { ...result, starts: view?.starts ?? null }]);
  } catch (error) {
    failures.push(`${inFlight} in flight: ${(error as Error).message}`);
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}
