import { readFile } from "node:fs/promises";
import { ISOLATIONS, type Isolation } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, startSystem } from "../support/system.ts";
import { untilStartedBy } from "./deploy-asking.ts";
import type { Found } from "./functions/traces.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const HIDDEN_VALUE = "in-the-environment-of-the-worker";
const HIDDEN_SECRET = "f00dface".repeat(8);

let system: System;
beforeAll(async () => {
  system = await startSystem({ OF_THE_WORKER: HIDDEN_VALUE, MAYFLY_SECRET_KEY: HIDDEN_SECRET });
});
afterAll(() => system[Symbol.asyncDispose]());

describe.each(ISOLATIONS)("a process that was started by %s", (isolation) => {
  beforeAll(async () => {
    const source = await readFile(new URL("functions/traces.ts", import.meta.url), "utf8");
    await system.deploy(
      {
        name: `traces-${isolation}`,
        runtime: "nodejs24",
        entry: "index.ts",
        isolation,
        limits: { memory: "512m", timeoutMs: 30_000 },
      },
      { "index.ts": source },
    );
  });

  test("holds nothing of the launch, of the worker or of the host, in /proc or in its memory", async () => {
    const hidden = [REPOSITORY, system.dataDir, HIDDEN_VALUE, HIDDEN_SECRET, "MAYFLY_REDIS_URL"];
    expect(await search(isolation, hidden)).toEqual([]);
  });

  test("has, where the same search looks, what is known to be there", async () => {
    const known = ["/runtime/bin/node", "MAYFLY_INVOCATION_ID"];
    const found = await search(isolation, known);
    expect(new Set(found.map(({ text }) => text))).toEqual(new Set(known));
  });
});

/** The codes of a text are sent and answered one higher: see the function. */
async function search(isolation: Isolation, texts: readonly string[]) {
  const marks = texts.map((text) => Array.from(Buffer.from(text), (code) => code + 1));
  const call = () => system.call(`traces-${isolation}`, { marks });
  const { record } = await untilStartedBy(isolation, call, system);
  expect(record.outcome).toMatchObject({ kind: "ok" });
  const lower = (codes: readonly number[]) => Buffer.from(codes.map((code) => code - 1)).toString("latin1");
  return (record.result as Found[]).map(({ mark, place, context }) => ({
    text: texts[mark],
    place,
    context: lower(context).replace(/[^ -~]/g, "·"),
  }));
}
