import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnvironment } from "@mayfly/contract";
import { expect, test } from "vitest";
import { isNewEnough, versionIn } from "./redis-version.js";

test("the addresses that npm start looks at, before it can load the contract, are the contract's", async () => {
  const source = await readFile(join(import.meta.dirname, "start.js"), "utf8");
  const defaults = readEnvironment({});
  for (const name of [
    "MAYFLY_HOST",
    "MAYFLY_PORT",
    "MAYFLY_WORKER_METRICS_HOST",
    "MAYFLY_WORKER_METRICS_PORT",
    "MAYFLY_DATA_DIR",
  ] as const)
    expect(source).toMatch(new RegExp(`${name}: \\w+ = "${defaults[name]}"`));
});

test("a Redis or Valkey is new enough from 6.2 on", () => {
  expect(versionIn("Redis server v=7.0.15 sha=0:0 malloc=jemalloc")).toBe("7.0.15");
  expect(versionIn("Valkey server v=8.0.1 sha=0")).toBe("8.0.1");
  expect(versionIn("gibberish")).toBe("unknown");
  expect(["6.0.16", "5.0", "unknown"].map(isNewEnough)).toEqual([false, false, false]);
  expect(["6.2.0", "7.0.15", "8.0.1"].map(isNewEnough)).toEqual([true, true, true]);
});
