import { describe, expect, it } from "vitest";
import { latencyOf, median, quantile } from "./quantile.ts";

const thousand = Array.from({ length: 1000 }, (_, i) => i + 1);

describe("a quantile is a value that was measured, by nearest rank", () => {
  it.each([
    [0.5, 500],
    [0.99, 990],
    [0.999, 999],
    [1, 1000],
    [0, 1],
  ])("%f of 1 to 1000 is %i", (part, value) => {
    expect(quantile(thousand, part)).toBe(value);
  });

  it("of one value is that value, and of none is not a number", () => {
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("sorts by value for the median", () => {
    expect(median([100, 9, 20])).toBe(20);
  });
});

it("latencies come in any order", () => {
  expect(latencyOf(thousand.toReversed())).toEqual({ p50Ms: 500, p99Ms: 990, p999Ms: 999 });
});
