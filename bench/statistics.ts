import type { TrialResult } from "./trial.ts";

/** What is said of one subject with so many in flight, over all rounds. */
export interface Figures {
  readonly inFlight: number;
  readonly calls: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Median until the slot was free again. */
  readonly wholeMedianMs: number;
  readonly perSecond: number;
  /** Each round's own median: how much the machine's noise moves it. */
  readonly roundMediansMs: readonly number[];
  readonly roundWholeMediansMs: readonly number[];
}

/** The value that so large a part of the sorted list is at or below (nearest rank). */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** Every call of every round counts the same; the rate is the rounds' calls over the rounds' time. */
export function figuresOf(inFlight: number, rounds: readonly TrialResult[]): Figures {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);
  const seconds = rounds.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000;
  return {
    inFlight,
    calls: latencies.length,
    medianMs: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    wholeMedianMs: median(rounds.flatMap(({ wholeMs }) => wholeMs)),
    perSecond: latencies.length / seconds,
    roundMediansMs: rounds.map(({ latenciesMs }) => median(latenciesMs)),
    roundWholeMediansMs: rounds.map(({ wholeMs }) => median(wholeMs)),
  };
}

/**
 * How many times as long one takes as another: the median of the rounds' own ratios, since the two ran side by side in
 * each round and a machine that was busy for one round was so for both.
 */
export function ratioOf(rounds: readonly number[], others: readonly number[]): number {
  const shared = rounds.slice(0, others.length);
  return median(shared.map((value, round) => value / (others[round] ?? Number.NaN)));
}
