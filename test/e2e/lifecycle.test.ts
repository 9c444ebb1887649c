import { ISOLATIONS } from "@mayfly/contract";
import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import { invocationIdOf, problemOf, type System } from "../support/system.ts";

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation);
    await system.deploy(
      { name: "add", runtime: "nodejs24", entry: "index.ts" },
      { "index.ts": "export default ({ a, b }) => a + b;" },
    );
    await system.deploy(
      { name: "slow", runtime: "nodejs24", entry: "index.ts", limits: { timeoutMs: 20_000 } },
      {
        "index.ts":
          "export default async ({ ms }) => { console.log('begun'); await new Promise((resolve) => setTimeout(resolve, ms)); console.error('done'); return 'slept'; };",
      },
    );
    await system.deploy(
      {
        name: "flaky",
        runtime: "nodejs24",
        entry: "index.ts",
        retry: { attempts: 3, backoffMs: 50, backoff: "fixed" },
      },
      {
        "index.ts":
          "export default (event, { attempt }) => { if (attempt < 3) throw new Error('attempt ' + attempt); return attempt; };",
      },
    );
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const post = (path: string, event: unknown, headers: Record<string, string> = {}) =>
    fetch(`${system.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(event),
    });

  const enqueue = async (name: string, event: unknown) =>
    ((await (await post(`/async-function/${name}`, event)).json()) as { id: string }).id;

  describe("asynchronous calls", () => {
    test("are accepted with an id and end in one record", async () => {
      const record = await system.record(await enqueue("add", { a: 2, b: 3 }));
      expect(record).toMatchObject({
        function: "add",
        state: "succeeded",
        outcome: { kind: "ok" },
        result: 5,
      });
      expect(record.attempts).toHaveLength(1);
    });

    test("retry by the manifest, and each attempt has its receipt", async () => {
      const record = await system.record(await enqueue("flaky", {}));
      expect(record).toMatchObject({ state: "succeeded", result: 3 });
      expect(record.attempts.map(({ outcome }) => outcome.kind)).toEqual([
        "functionError",
        "functionError",
        "ok",
      ]);
      expect(record.attempts.every(({ receipt }) => receipt !== null)).toBe(true);
    });

    test("an idempotency key that is repeated gives the first one's id, with another body 422", async () => {
      const send = (event: unknown) => post("/async-function/add", event, { "idempotency-key": "once" });
      const first = (await (await send({ a: 1, b: 1 })).json()) as { id: string };
      const again = (await (await send({ a: 1, b: 1 })).json()) as { id: string };
      expect(again.id).toBe(first.id);
      const other = await send({ a: 9, b: 9 });
      expect(other.status).toBe(422);
      expect((await problemOf(other)).code).toBe("idempotencyMismatch");
    });
  });

  describe("cancelling", () => {
    test("ends a running invocation, and its record says cancelled", async () => {
      const id = await enqueue("slow", { ms: 15_000 });
      while ((await system.record(id, 0)).state !== "running")
        await new Promise((resolve) => setTimeout(resolve, 20));
      const answer = await fetch(`${system.url}/invocations/${id}`, { method: "DELETE" });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ state: "cancelled", outcome: { kind: "cancelled" } });
      expect((await fetch(`${system.url}/invocations/${id}`, { method: "DELETE" })).status).toBe(409);
    });

    test("a caller that leaves cancels its synchronous call", async () => {
      const controller = new AbortController();
      const call = post("/function/slow", { ms: 15_000 });
      void call.catch(() => undefined);
      const leaving = fetch(`${system.url}/function/slow`, {
        method: "POST",
        body: '{"ms":15000}',
        headers: { "content-type": "application/json" },
        signal: controller.signal,
      });
      setTimeout(() => controller.abort(), 500);
      await expect(leaving).rejects.toThrow();
      await expect
        .poll(
          async () =>
            /mayfly_invocations_total\{[^}]*cancelled[^}]*\} [2-9]/.test(await system.workerMetrics()),
          { timeout: 10_000 },
        )
        .toBe(true);
    });

    test("an unknown id is 404", async () => {
      const answer = await fetch(`${system.url}/invocations/019365c0-0000-7000-8000-000000000000`, {
        method: "DELETE",
      });
      expect(answer.status).toBe(404);
    });
  });

  test("logs tell stream and time of what the function wrote", async () => {
    const answer = await post("/function/slow", { ms: 1 });
    const { lines, truncated } = await system.logs(invocationIdOf(answer));
    expect(truncated).toBe(false);
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual(
      expect.arrayContaining([
        ["stdout", "begun"],
        ["stderr", "done"],
      ]),
    );
  });

  test("a BullMQ producer that knows nothing of Mayfly gets its returnvalue", async () => {
    const connection = new Redis(system.redisUrl.replace("unix://", ""), { maxRetriesPerRequest: null });
    const queue = new Queue("{add}", { prefix: "mayfly", connection });
    const listening = connection.duplicate({ maxRetriesPerRequest: null });
    const events = new QueueEvents("{add}", { prefix: "mayfly", connection: listening });
    await events.waitUntilReady();
    const job = await queue.add("anything", { a: 40, b: 2 });
    expect(await job.waitUntilFinished(events, 15_000)).toBe(42);
    const record = await system.record(`add~${job.id}`);
    expect(record).toMatchObject({ state: "succeeded", result: 42 });
    await events.close();
    await queue.close();
    listening.disconnect();
    connection.disconnect();
  });

  test("a secret reaches the process and shows nowhere else", async () => {
    const stored = await fetch(`${system.url}/secrets/API_TOKEN`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ value: "hush-hush-4711" }),
    });
    expect(stored.ok).toBe(true);
    await system.deploy(
      { name: "keeper", runtime: "nodejs24", entry: "index.ts", secrets: ["API_TOKEN"] },
      { "index.ts": "export default () => process.env.API_TOKEN.length;" },
    );
    expect(await (await system.call("keeper", {})).json()).toBe(14);
    const shown = await Promise.all(
      ["/functions/keeper", "/functions", "/secrets", "/metrics"].map(async (path) =>
        (await fetch(system.url + path)).text(),
      ),
    );
    expect(shown.join("") + system.gateway.output() + system.workers[0]?.output()).not.toContain("hush-hush");
  });

  test("they were", async () => {
    expect(await startsOf(system)).toEqual({ someForked: isolation === "fork", bootsInstead: 0 });
  });
});
