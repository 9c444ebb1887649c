import { describe, expect, it } from "vitest";
import { HELP, readOptions } from "./options.ts";
import { USUAL } from "./settings.ts";
import { TRIALS } from "./trials/index.ts";

it("measures everything, and keeps it, where nothing is said", () => {
  expect(readOptions([])).toMatchObject({ settings: USUAL, trials: TRIALS, action: "measure" });
  expect(readOptions([]).results).toMatch(/bench\/results$/);
});

it("does not keep what is no whole run, unless it is told where", () => {
  expect(readOptions(["--quick"]).results).toBeNull();
  expect(readOptions(["--only", "node"]).results).toBeNull();
  expect(readOptions(["--quick", "--results", "/tmp/x"]).results).toBe("/tmp/x");
});

it("takes a choice of trials, and lists them all where one is unknown", () => {
  expect(readOptions(["--only", "node,crun"]).trials.map(({ id }) => id)).toEqual(["node", "crun"]);
  expect(() => readOptions(["--only", "podman"])).toThrow('there is no "podman"; there are mayfly-fork');
});

it("a shorter run looks at everything for less long", () => {
  const { closed, open } = readOptions(["--minutes=5"]).settings;
  expect(closed).toMatchObject({ trialMs: 100, rounds: 5, inFlight: USUAL.closed.inFlight });
  expect(open.sustainMs).toBe(20_000);
});

it.each([["--rounds=0"], ["--minutes=many"], ["--minutes=1.5"]])("refuses %s", (option) => {
  expect(() => readOptions([option])).toThrow("whole number");
});

describe("each trial", () => {
  it("has a name of its own, which the help knows", () => {
    expect(new Set(TRIALS.map(({ id }) => id)).size).toBe(TRIALS.length);
    for (const { id } of TRIALS) expect(HELP).toContain(id);
  });
});
