import { expect, it } from "vitest";
import { differenceOf, figuresOf, ratioOf } from "./figures.ts";

it("figures count every call of every round, and take rate and CPU from the rounds' own time", () => {
  const rounds = [
    {
      latenciesMs: [10, 12],
      wholeMs: [20, 22],
      elapsedMs: 50,
      machineCpuMs: 60,
      loadCpuMs: 4,
      starts: { parked: 1, onDemand: 1, boot: 0 },
    },
    {
      latenciesMs: [30, 11, 13],
      wholeMs: [40, 21, 23],
      elapsedMs: 150,
      machineCpuMs: 90,
      loadCpuMs: 6,
      starts: { parked: 2, onDemand: 0, boot: 1 },
    },
  ];
  expect(figuresOf(2, rounds)).toEqual({
    inFlight: 2,
    calls: 5,
    p50Ms: 12,
    p99Ms: 30,
    p999Ms: 30,
    wholeP50Ms: 22,
    perSecond: 25,
    cpuMsPerCall: 30,
    loadCpuMsPerCall: 2,
    roundP50sMs: [10, 13],
    roundWholeP50sMs: [20, 23],
    starts: { parked: 3, onDemand: 1, boot: 1 },
  });
});

it("a ratio is the median of the rounds' own, so that one busy round does not decide it", () => {
  expect(ratioOf([30, 300, 33], [20, 200, 20])).toBe(1.5);
  expect(ratioOf([30, 40], [20])).toBe(1.5);
});

it("a difference is the median of the rounds' own, too", () => {
  expect(differenceOf([3, 30, 4], [2, 10, 2])).toBe(2);
});
