import { expect, it } from "vitest";
import { HELP, readOptions } from "./options.ts";
import { SUBJECTS } from "./subjects.ts";

it("measures everything for as long as it should, where nothing is said", () => {
  const { settings, subjects } = readOptions([]);
  expect(subjects).toBe(SUBJECTS);
  const trials = settings.rounds * settings.inFlight.length * subjects.length;
  expect((trials * settings.trialMs) / 1000, "seconds of trials alone").toBeLessThan(120);
});

it("takes a choice of subjects, and lists them all where one is unknown", () => {
  expect(readOptions(["--only", "node,crun"]).subjects.map(({ id }) => id)).toEqual(["node", "crun"]);
  expect(() => readOptions(["--only", "docker"])).toThrow('there is no "docker"; there are mayfly-http');
});

it.each([["--rounds=0"], ["--rounds=many"], ["--trial-ms=1.5"]])("refuses %s", (option) => {
  expect(() => readOptions([option])).toThrow("whole number");
});

it("explains every subject's name", () => {
  for (const { id } of SUBJECTS) expect(HELP).toContain(id);
});
