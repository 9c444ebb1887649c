import type { ClosedSettings } from "./sections/closed-loop.ts";
import type { GrowthSettings } from "./sections/growth.ts";
import type { OpenSettings } from "./sections/open-loop.ts";

/** How long everything is looked at. */
export interface Settings {
  readonly closed: ClosedSettings;
  readonly open: OpenSettings;
  readonly growth: GrowthSettings;
  readonly coldTries: number;
}

/** About what a whole run takes on two cores. */
export const USUAL_MINUTES = 15;

export const USUAL: Settings = {
  closed: {
    rounds: 5,
    trialMs: 300,
    pausedTrialMs: 2000,
    inFlight: [1, 2, 4, 8, 32],
    budgetMs: 480_000,
  },
  open: {
    warmUpMs: 500,
    probeMs: 3000,
    maxTries: 5,
    sustainMs: 60_000,
    at80Ms: 15_000,
    curve: [0.1, 0.25, 0.5, 0.65, 0.9],
    curveMs: 3000,
  },
  growth: {
    functions: [1, 10, 100, 1000],
    inFlight: [1, 8, 64, 256],
    jobs: [10_000, 100_000],
    rounds: 5,
    loadMs: 500,
  },
  coldTries: 5,
};

/** Whether everything runs; its figures say little. */
export const QUICK: Settings = {
  closed: { rounds: 1, trialMs: 150, pausedTrialMs: 300, inFlight: [1, 8], budgetMs: 60_000 },
  open: {
    warmUpMs: 100,
    probeMs: 500,
    maxTries: 2,
    sustainMs: 1000,
    at80Ms: 500,
    curve: [0.5],
    curveMs: 500,
  },
  growth: { functions: [1, 10], inFlight: [1, 8], jobs: [1000], rounds: 1, loadMs: 300 },
  coldTries: 1,
};

/** The same with every stretch of time shorter or longer; what is counted stays. */
export function lasting(minutes: number, { closed, open, growth, coldTries }: Settings = USUAL): Settings {
  const scaled = (ms: number) => Math.round((ms * minutes) / USUAL_MINUTES);
  return {
    closed: {
      ...closed,
      trialMs: scaled(closed.trialMs),
      pausedTrialMs: scaled(closed.pausedTrialMs),
      budgetMs: scaled(closed.budgetMs),
    },
    open: {
      ...open,
      probeMs: scaled(open.probeMs),
      sustainMs: scaled(open.sustainMs),
      at80Ms: scaled(open.at80Ms),
      curveMs: scaled(open.curveMs),
    },
    growth: { ...growth, loadMs: scaled(growth.loadMs) },
    coldTries,
  };
}
