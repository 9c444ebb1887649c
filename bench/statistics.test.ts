import { describe, expect, it } from "vitest";
import { figuresOf, median, quantile, ratioOf } from "./statistics.ts";

describe("a quantile is a value that was measured, by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])("%f of 1 to 100 is %i", (part, value) => {
    expect(quantile(hundred, part)).toBe(value);
  });

  it("of one value is that value, and of none is not a number", () => {
    expect(quantile([7], 0.99)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it("sorts by value for the median", () => {
    expect(median([100, 9, 20])).toBe(20);
  });
});

it("figures count every call of every round, and take the rate from the rounds' own time", () => {
  const rounds = [
    { latenciesMs: [10, 12], wholeMs: [20, 22], elapsedMs: 50 },
    { latenciesMs: [30, 11, 13], wholeMs: [40, 21, 23], elapsedMs: 150 },
  ];
  expect(figuresOf(2, rounds)).toEqual({
    inFlight: 2,
    calls: 5,
    medianMs: 12,
    p99Ms: 30,
    wholeMedianMs: 22,
    perSecond: 25,
    roundMediansMs: [10, 13],
    roundWholeMediansMs: [20, 23],
  });
});

it("a ratio is the median of the rounds' own, so that one busy round does not decide it", () => {
  expect(ratioOf([30, 300, 33], [20, 200, 20])).toBe(1.5);
  expect(ratioOf([30, 40], [20])).toBe(1.5);
});
