import { expect, it } from "vitest";
import { measure } from "../measure.ts";
import { SUBJECTS } from "../subjects.ts";

const NOWHERE = { url: "http://127.0.0.1:1", redisUrl: "unix:///nonexistent" };
const SETTINGS = { rounds: 1, trialMs: 100, inFlight: [1, 2], budgetMs: 20_000 };

const measureOnly = (...ids: string[]) =>
  measure(
    SUBJECTS.filter(({ id }) => ids.includes(id)),
    NOWHERE,
    SETTINGS,
    () => {},
  );

it("bare node is measured with verified results, for each number in flight", async () => {
  const [node] = await measureOnly("node");
  if (!node || !("figures" in node)) throw new Error(JSON.stringify(node));
  expect(node.figures.map(({ inFlight }) => inFlight)).toEqual([1, 2]);
  for (const { calls, medianMs, wholeMedianMs } of node.figures) {
    expect(calls).toBeGreaterThan(0);
    expect(medianMs).toBeGreaterThan(1);
    expect(wholeMedianMs).toBeGreaterThanOrEqual(medianMs);
  }
});

it("what does not answer is said not to be measured, with the reason, and does not stop the rest", async () => {
  const [mayfly, node] = await measureOnly("mayfly-http", "node");
  expect(mayfly).toMatchObject({ notMeasured: expect.stringContaining("ECONNREFUSED") });
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
