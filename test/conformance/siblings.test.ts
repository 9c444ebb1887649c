import { readFile } from "node:fs/promises";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, startSystem } from "../support/system.ts";
import { untilStartedBy } from "./deploy-asking.ts";
import { DRAWS } from "./functions/siblings.ts";

const SIBLINGS = 20;
const IN_FLIGHT = 4;

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

describe.each(ISOLATIONS)(`no two of ${SIBLINGS} siblings draw alike, started by %s`, (isolation) => {
  let siblings: Record<string, unknown>[];
  beforeAll(async () => {
    const name = `siblings-${isolation}`;
    const source = await readFile(new URL("functions/siblings.ts", import.meta.url), "utf8");
    await system.deploy({ name, runtime: "nodejs24", entry: "index.ts", isolation }, { "index.ts": source });
    const call = async () => {
      const { record } = await untilStartedBy(isolation, () => system.call(name, {}), system);
      return record.result as Record<string, unknown>;
    };
    siblings = [];
    while (siblings.length < SIBLINGS)
      siblings.push(...(await Promise.all(Array.from({ length: IN_FLIGHT }, call))));
  });

  test.each(Object.keys(DRAWS))("%s", (source) => {
    const drawn = siblings.map((sibling) => sibling[source]);
    expect(drawn.every((value) => value !== undefined && value !== null)).toBe(true);
    expect(new Set(drawn).size).toBe(SIBLINGS);
  });
});
