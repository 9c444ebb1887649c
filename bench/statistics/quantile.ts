/** The value that so large a part of the sorted list is at or below (nearest rank): one that was measured. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(ascending(values), 0.5);
}

export function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What is said of a set of latencies; a p99.9 of fewer than 1,000 is their worst. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

export function latencyOf(valuesMs: readonly number[]): Latency {
  const sorted = ascending(valuesMs);
  const at = (part: number) => rounded(quantile(sorted, part));
  return { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) };
}

/** Microseconds are enough, and keep the results readable. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
