import type { Measurements } from "./report/report.ts";
import { measureClosedLoop } from "./sections/closed-loop.ts";
import { measureColdStart } from "./sections/cold-start.ts";
import { growFunctions, growInFlight, growQueue } from "./sections/growth.ts";
import { measureMemory } from "./sections/memory.ts";
import { orReason } from "./sections/not-measured.ts";
import { measureOpenLoop } from "./sections/open-loop.ts";
import type { Settings } from "./settings.ts";
import type { Systems } from "./systems.ts";
import type { Trial, WholeTrial } from "./trials/trial.ts";

/** Measures the trials, those first that need a machine on which nothing else has run yet. */
export async function measure(
  trials: readonly Trial[],
  systems: Systems,
  settings: Settings,
  say: (line: string) => void,
): Promise<Measurements> {
  const wants = (kind: WholeTrial["kind"]) => trials.some((trial) => trial.kind === kind);
  const whole = async <T>(kind: WholeTrial["kind"], measuring: () => Promise<T>) => {
    if (!wants(kind)) return null;
    say(kind);
    return orReason(async () => ({ figures: await measuring() }));
  };
  const { closed, open, growth, coldTries } = settings;
  const memory = await whole("memory", () => measureMemory(systems));
  const coldStart = await whole("cold-start", () => measureColdStart(systems, coldTries));
  await systems.stop("soon-recycled");
  return {
    memory,
    coldStart,
    closed: await measureClosedLoop(
      trials.filter((trial) => trial.kind === "closed-loop"),
      systems,
      closed,
      say,
    ),
    open: await measureOpenLoop(
      trials.filter((trial) => trial.kind === "open-loop"),
      systems,
      open,
      say,
    ),
    growthFunctions: await whole("growth-functions", () => growFunctions(systems, growth)),
    growthInFlight: await whole("growth-in-flight", () => growInFlight(systems, growth)),
    growthQueue: await whole("growth-queue", () => growQueue(systems, growth)),
  };
}
