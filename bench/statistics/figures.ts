import type { LoadResult } from "../load/closed-loop.ts";
import { type Starts, sumOfStarts } from "../machine/worker-view.ts";
import { type Latency, latencyOf, median, rounded, sum } from "./quantile.ts";

/** One round of a trial with so many in flight. */
export interface Round extends LoadResult {
  /** Null where it is no Mayfly's. */
  readonly starts: Starts | null;
}

/** What is said of one trial with so many in flight, over all rounds. */
export interface Figures extends Latency {
  readonly inFlight: number;
  readonly calls: number;
  /** Median until the slot was free again. */
  readonly wholeP50Ms: number;
  readonly perSecond: number;
  /** Of the whole machine, whoever used it. */
  readonly cpuMsPerCall: number;
  /** Of it, the load generator's own. */
  readonly loadCpuMsPerCall: number;
  /** Each round's own median: how much the machine's noise moves it. */
  readonly roundP50sMs: readonly number[];
  readonly roundWholeP50sMs: readonly number[];
  /** How the processes began, those of the warm-up among them; null where it is no Mayfly's. */
  readonly starts: Starts | null;
}

/** Every call of every round counts the same; the rate is the rounds' calls over the rounds' time. */
export function figuresOf(inFlight: number, rounds: readonly Round[]): Figures {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const perCall = (of: (round: Round) => number) => rounded(sum(rounds.map(of)) / latencies.length);
  return {
    inFlight,
    calls: latencies.length,
    ...latencyOf(latencies),
    wholeP50Ms: rounded(median(rounds.flatMap(({ wholeMs }) => wholeMs))),
    perSecond: rounded(latencies.length / (sum(rounds.map(({ elapsedMs }) => elapsedMs)) / 1000)),
    cpuMsPerCall: perCall(({ machineCpuMs }) => machineCpuMs),
    loadCpuMsPerCall: perCall(({ loadCpuMs }) => loadCpuMs),
    roundP50sMs: rounds.map(({ latenciesMs }) => rounded(median(latenciesMs))),
    roundWholeP50sMs: rounds.map(({ wholeMs }) => rounded(median(wholeMs))),
    starts: sumOfStarts(rounds.map(({ starts }) => starts)),
  };
}

/**
 * How many times as long one takes as another: the median of the rounds' own ratios, since the two ran side by side in
 * each round and a machine that was busy for one round was so for both.
 */
export function ratioOf(rounds: readonly number[], others: readonly number[]): number {
  return median(paired(rounds, others, (value, other) => value / other));
}

/** How much longer one takes than another: the median of the rounds' own differences. */
export function differenceOf(rounds: readonly number[], others: readonly number[]): number {
  return median(paired(rounds, others, (value, other) => value - other));
}

function paired(
  rounds: readonly number[],
  others: readonly number[],
  combine: (value: number, other: number) => number,
): number[] {
  return rounds.slice(0, others.length).map((value, round) => combine(value, others[round] ?? Number.NaN));
}
