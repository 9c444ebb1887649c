import { expect, it } from "vitest";
import { type ClosedMeasured, measureClosedLoop } from "../sections/closed-loop.ts";
import { Systems } from "../systems.ts";
import { CLOSED_TRIALS } from "../trials/closed.ts";
import type { ClosedTrial } from "../trials/trial.ts";

const SETTINGS = { rounds: 1, trialMs: 100, pausedTrialMs: 100, inFlight: [1, 8], budgetMs: 20_000 };

async function measureTrials(trials: readonly ClosedTrial[]): Promise<ClosedMeasured[]> {
  await using systems = new Systems();
  return await measureClosedLoop(trials, systems, SETTINGS, () => {});
}

const measureOnly = (...ids: string[]) => measureTrials(CLOSED_TRIALS.filter(({ id }) => ids.includes(id)));

it.each(["node", "boot-ahead", "launch-exec", "launch-fork"])(
  "%s is measured with verified results, for each number in flight",
  async (id) => {
    const [measured] = await measureOnly(id);
    if (!measured || !("figures" in measured)) throw new Error(JSON.stringify(measured));
    expect(measured.figures.map(({ inFlight }) => inFlight)).toEqual([1, 8]);
    for (const { calls, p50Ms, wholeP50Ms } of measured.figures) {
      expect(calls).toBeGreaterThan(0);
      expect(p50Ms).toBeGreaterThan(0);
      expect(wholeP50Ms).toBeGreaterThanOrEqual(p50Ms);
    }
  },
);

it("what does not answer is said not to be measured, with the reason, and does not stop the rest", async () => {
  const nowhere: ClosedTrial = {
    kind: "closed-loop",
    id: "nowhere",
    title: "nowhere",
    what: "nothing listens there",
    spec: async () => ({ driver: "http", url: "http://127.0.0.1:1", paths: ["/"], workload: "hello" }),
  };
  const [refused, node] = await measureTrials([nowhere, ...CLOSED_TRIALS.filter(({ id }) => id === "node")]);
  expect(refused).toMatchObject({ notMeasured: expect.stringContaining("ECONNREFUSED") });
  expect(node).toHaveProperty("figures");
});

it("a peer that is not installed says how to install it", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  try {
    const [bubblewrap] = await measureOnly("bubblewrap");
    expect(bubblewrap).toMatchObject({ notMeasured: "not installed; apt-get install bubblewrap" });
  } finally {
    process.env["PATH"] = path;
  }
});
