import type { Query } from "./panels.ts";

/** Selects the series of the function that was chosen. */
export const ONE = 'function="$function"';

/** The rate of one of this function's counters over all workers, or one for each value of a label. */
export const rate = (counter: string, by?: string) =>
  `sum${by === undefined ? "" : ` by (${by}) `}(rate(${counter}{${ONE}}[$__rate_interval]))`;

/** A quantile of one of its histograms over all workers. */
export const quantile = (q: number, histogram: string) =>
  `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket{${ONE}}[$__rate_interval])))`;

/** The mean of a histogram's values. */
export function mean(histogram: string, legend: string): Query {
  return [`${rate(`${histogram}_sum`)} / (${rate(`${histogram}_count`)} > 0)`, legend];
}
