import { describe, expect, it } from "vitest";
import type { OpenResult } from "../load/open-loop.ts";
import { windowOf } from "./window.ts";

const result: OpenResult = {
  perSecond: 50,
  scheduled: 100,
  latenciesMs: Array.from({ length: 100 }, (_, i) => i + 1),
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
    ["waiting that has grown", { latenciesMs: result.latenciesMs.map((ms) => ms * 3) }],
  ])("but not with %s", (_, change) => {
    expect(windowOf({ ...result, ...change }, null).sustained).toBe(false);
  });
});
