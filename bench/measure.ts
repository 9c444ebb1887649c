import type { DriverSpec } from "./drivers/driver.ts";
import { runTrial } from "./run-trial.ts";
import { type Figures, figuresOf } from "./statistics.ts";
import { PEERS, type Subject } from "./subjects.ts";
import type { TrialResult } from "./trial.ts";

export interface Settings {
  readonly rounds: number;
  readonly trialMs: number;
  readonly inFlight: readonly number[];
  /** No round begins that would not end by then, going by the longest so far; one always runs. */
  readonly budgetMs: number;
}

/** A subject's figures, or why there are none. */
export type Measured = Pick<Subject, "id" | "title" | "what"> &
  ({ readonly figures: readonly Figures[] } | { readonly notMeasured: string });

interface Runnable {
  readonly subject: Subject;
  readonly spec: DriverSpec;
  readonly around: readonly string[];
  /** By number in flight, round by round. */
  readonly results: Map<number, TrialResult[]>;
}

/**
 * Measures the subjects in turns: each round runs every subject with every number in flight, and begins with another
 * subject than the last one, so that a noisy minute falls on all of them alike.
 */
export async function measure(
  subjects: readonly Subject[],
  system: { url: string; redisUrl: string },
  settings: Settings,
  progress: (line: string) => void,
): Promise<Measured[]> {
  const startedAt = performance.now();
  const runnable: Runnable[] = [];
  const refused = new Map<string, string>();
  for (const subject of subjects) {
    const probed = await probe(subject, system);
    if (typeof probed === "string") refused.set(subject.id, probed);
    else runnable.push(probed);
  }
  let longestMs = 0;
  for (let round = 0; round < settings.rounds; round++) {
    const roundAt = performance.now();
    if (round > 0 && roundAt - startedAt + longestMs > settings.budgetMs) break;
    progress(`round ${round + 1} of ${settings.rounds}`);
    for (const inFlight of settings.inFlight) {
      for (const one of rotated(runnable, round)) await runRound(one, inFlight, settings.trialMs);
    }
    longestMs = Math.max(longestMs, performance.now() - roundAt);
  }
  return subjects.map(({ id, title, what }) => {
    const results = runnable.find(({ subject }) => subject.id === id)?.results;
    if (results === undefined) return { id, title, what, notMeasured: refused.get(id) ?? "it was not run" };
    const figures = [...results].map(([inFlight, rounds]) => figuresOf(inFlight, rounds));
    return { id, title, what, figures };
  });
}

/** One call, to find out whether there is anything to measure. @returns the reason where there is not */
async function probe(
  subject: Subject,
  system: { url: string; redisUrl: string },
): Promise<Runnable | string> {
  const spec = subject.spec(system);
  const peer = spec.driver === "process" ? PEERS[spec.peer] : undefined;
  try {
    const around = (await peer?.around?.()) ?? [];
    await runTrial({ spec, inFlight: 1, warmUpCalls: 1, durationMs: 0 }, around);
    return { subject, spec, around, results: new Map() };
  } catch (error) {
    const reason = (error as Error).message;
    return reason.endsWith("ENOENT") && peer ? `not installed; ${peer.install}` : reason;
  }
}

async function runRound(
  { spec, around, results }: Runnable,
  inFlight: number,
  durationMs: number,
): Promise<void> {
  const result = await runTrial({ spec, inFlight, warmUpCalls: 3, durationMs }, around);
  results.set(inFlight, [...(results.get(inFlight) ?? []), result]);
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}
