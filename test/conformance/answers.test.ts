import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, startSystem } from "../support/system.ts";
import { AREAS } from "./areas.ts";
import { type Answers, ask, deployArea } from "./deploy-asking.ts";
import { DIFFERENCES } from "./differences.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

/** Longer than the questions about clocks let pass: a copy's begin with its call, not with its parking. */
const PARKED_FOR_MS = 4000;
const ABOUT_CLOCKS = new Set(["process", "time"]);

describe.each(Object.entries(AREAS))("a fork answers as a boot does: %s", (area, questions) => {
  let boot: Answers;
  let fork: Answers;
  let parked: Answers;
  beforeAll(async () => {
    boot = await ask(system, await deployArea(system, area, "exec"), "exec");
    const name = await deployArea(system, area, "fork");
    fork = await ask(system, name, "fork");
    if (ABOUT_CLOCKS.has(area)) await new Promise((resolve) => setTimeout(resolve, PARKED_FOR_MS));
    parked = await ask(system, name, "fork");
  });

  test.each(Object.keys(questions))("%s", (question) => {
    const difference = DIFFERENCES[area]?.[question];
    for (const answers of [boot, fork, parked]) expect(answers[question]).not.toHaveProperty("threw");
    if (difference !== undefined) return;
    expect(fork[question]).toEqual(boot[question]);
    expect(parked[question]).toEqual(boot[question]);
  });
});
