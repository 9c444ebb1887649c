import { describe, expect, it } from "vitest";
import type { OpenResult } from "../load/open-loop.ts";
import { growthOf, windowOf } from "./window.ts";

const result: OpenResult = {
  perSecond: 50,
  scheduled: 100,
  // 1 to 100, in no order.
  latenciesMs: Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1),
  errors: {},
  elapsedMs: 2000,
  machineCpuMs: 400,
  loadCpuMs: 20,
  overwhelmed: false,
};

it("a window has the latencies from the scheduled time, and the CPU of each call", () => {
  expect(windowOf(result, null)).toMatchObject({
    p50Ms: 50,
    p99Ms: 99,
    cpuMsPerCall: 4,
    loadCpuMsPerCall: 0.2,
  });
});

describe("a rate is sustained", () => {
  it("where every call was answered and none waited long", () => {
    expect(windowOf(result, null).sustained).toBe(true);
  });

  it.each([
    ["an error", { errors: { "429": 1 } }],
    ["a backlog that was given up", { overwhelmed: true }],
    ["long waits", { latenciesMs: result.latenciesMs.map((ms) => ms * 3) }],
    ["waits that grow", { latenciesMs: result.latenciesMs.toSorted((a, b) => a - b) }],
  ])("but not with %s", (_, change) => {
    expect(windowOf({ ...result, ...change }, null).sustained).toBe(false);
  });
});

describe("the growth of the wait", () => {
  const seconds = 3;
  const calls = Array.from({ length: 300 }, (_, i) => i);

  it("is the excess of arrivals", () => {
    // Two in a hundred too many: each second adds 20 ms.
    const waits = calls.map((call) => 5 + (call / 100) * 20);
    expect(growthOf(waits, seconds * 1000)).toBeCloseTo(20, 0);
  });

  it("does not mind a machine that stumbles at the end", () => {
    const waits = calls.map((call) => (call > 270 ? 150 : 5));
    expect(growthOf(waits, seconds * 1000)).toBe(0);
  });

  it("of next to nothing is none", () => {
    expect(growthOf([1, 100], 10)).toBe(0);
  });
});
