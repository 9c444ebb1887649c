import { QUICK } from "../settings.ts";
import type { Figures } from "../statistics/figures.ts";
import type { Window } from "../statistics/window.ts";
import type { Report } from "./report.ts";

const figures = (inFlight: number, p50Ms: number): Figures => ({
  inFlight,
  calls: 9,
  p50Ms,
  p99Ms: p50Ms * 2,
  p999Ms: p50Ms * 3,
  wholeP50Ms: p50Ms + 5,
  perSecond: 1000 / p50Ms,
  cpuMsPerCall: p50Ms / 2,
  loadCpuMsPerCall: 0.1,
  roundP50sMs: [p50Ms],
  roundWholeP50sMs: [p50Ms + 5],
  starts: null,
});

const window = (perSecond: number): Window => ({
  perSecond,
  seconds: 60,
  calls: 60 * perSecond,
  p50Ms: 4,
  p99Ms: 20,
  p999Ms: 30,
  errors: {},
  cpuMsPerCall: 4,
  loadCpuMsPerCall: 0.1,
  worker: { starts: { parked: 10, onDemand: 90, boot: 0 }, eventLoopP99Ms: 1.5 },
  sustained: true,
});

const closed = (id: string, p50Ms: number) => ({
  id,
  title: `the ${id}`,
  what: "a test's",
  figures: [figures(1, p50Ms), figures(4, p50Ms)],
  failures: [],
});

/** A small report for the tests of what is made of it. */
export function aReport(change: Partial<Report> = {}): Report {
  return {
    format: 2,
    date: "2026-01-02T03:04:05.000Z",
    commit: "abc123",
    minutes: 14.5,
    host: {
      kernel: "6.1",
      cpu: "a CPU",
      cores: 2,
      memoryBytes: 8 * 1024 ** 3,
      cgroupMode: "v2",
      node: "v24",
      versions: { redis: "Redis 8" },
      loadBefore: 0.5,
    },
    settings: QUICK,
    closed: [
      closed("mayfly-fork", 2),
      closed("node", 20),
      closed("bubblewrap", 30),
      { id: "crun", title: "crun + node", what: "a test's", notMeasured: "not installed" },
    ],
    open: [
      {
        id: "rate-hello",
        title: "hello",
        what: "a test's",
        capacityPerSecond: 500,
        sustained: window(400),
        at80: window(320),
        windows: [window(320), window(400)],
      },
    ],
    memory: null,
    coldStart: null,
    growthFunctions: null,
    growthInFlight: null,
    growthQueue: null,
    ...change,
  };
}
