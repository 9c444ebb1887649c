import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, startSystem } from "../support/system.ts";
import { untilStartedBy } from "./deploy-asking.ts";
import type { Mark } from "./functions/traces.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const HIDDEN_VALUE = "in-the-environment-of-the-worker";
const HIDDEN_SECRET = "f00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dfacef00dface";

let system: System;
beforeAll(async () => {
  system = await startSystem({ OF_THE_WORKER: HIDDEN_VALUE, MAYFLY_SECRET_KEY: HIDDEN_SECRET });
});
afterAll(() => system[Symbol.asyncDispose]());

const halved = (text: string): Mark => [text.slice(0, text.length / 2), text.slice(text.length / 2)];

describe.each(ISOLATIONS)("a process that was started by %s", (isolation) => {
  test("holds nothing of the launch, of the worker or of the host, in /proc or in its memory", async () => {
    const name = `traces-${isolation}`;
    const source = await readFile(new URL("functions/traces.ts", import.meta.url), "utf8");
    await system.deploy(
      {
        name,
        runtime: "nodejs24",
        entry: "index.ts",
        isolation,
        limits: { memory: "512m", timeoutMs: 30_000 },
      },
      { "index.ts": source },
    );
    const hidden = [
      REPOSITORY,
      system.dataDir,
      `${tmpdir()}/mayfly`,
      HIDDEN_VALUE,
      HIDDEN_SECRET,
      "MAYFLY_REDIS_URL",
    ];
    const { record } = await untilStartedBy(
      isolation,
      () => system.call(name, { marks: hidden.map(halved) }),
      system,
    );
    expect(record.outcome).toMatchObject({ kind: "ok" });
    expect(record.result).toEqual([]);
  });

  test("finds with the same search what is there", async () => {
    const marks = ["/runtime/bin/node", "MAYFLY_INVOCATION_ID"].map(halved);
    const { record } = await untilStartedBy(
      isolation,
      () => system.call(`traces-${isolation}`, { marks }),
      system,
    );
    for (const [head, tail] of marks) expect(JSON.stringify(record.result)).toContain(`${head}|${tail}`);
  });
});
