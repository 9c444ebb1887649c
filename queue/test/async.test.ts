import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { echo, eventually, failed, ok, openRig, sleep } from "./support.ts";

test("an accepted call runs, and its record has the result while BullMQ keeps nothing of it", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const id = await rig.enqueue(hello, { n: 1 });
  expect(await rig.store.invocations.get(id)).toMatchObject({ state: "queued", version: hello.version });
  expect(await rig.store.invocations.tenantOf(id)).toBe("default");
  await rig.work(echo);
  expect(await rig.ended(id)).toMatchObject({ state: "succeeded", result: { n: 1 } });
  await eventually(async () => (await rig.redis.exists(`mayfly:{hello}:${id}`)) === 0);
});

test("a queued call runs the version of the moment it was accepted", async () => {
  await using rig = await openRig();
  const old = await rig.deploy("hello");
  const id = await rig.enqueue(old, 1);
  const latest = await rig.deploy("hello");
  const plain = await rig.addPlain("hello", 1);
  await rig.work(echo);
  expect((await rig.ended(id)).version).toBe(old.version);
  expect((await rig.ended(plain)).version).toBe(latest.version);
});

test("a delayed call runs when it is due, not before, and not a second late", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  let ranAt = 0;
  await rig.work(async (invocation) => {
    ranAt = Date.now();
    return await echo(invocation);
  });
  const accepted = Date.now();
  const id = await rig.enqueue(hello, 1, { delayMs: 700 });
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "delayed");
  await rig.ended(id);
  expect(ranAt - accepted).toBeGreaterThanOrEqual(700);
  expect(ranAt - accepted).toBeLessThan(1700);
});

test("jobs without priority go first, then those with one, the lowest number before the others", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  for (const [event, priority] of [
    ["low", 10],
    ["high", 1],
    ["plain", null],
  ] as const)
    await rig.enqueue(hello, event, { priority });
  const order: string[] = [];
  await rig.work(
    async (invocation) => {
      order.push(JSON.parse(invocation.eventJson) as string);
      return await echo(invocation);
    },
    { slots: 1 },
  );
  await eventually(() => order.length === 3);
  expect(order).toEqual(["plain", "high", "low"]);
});

test("a function that fails is tried again by its manifest, each attempt in the record, then it is in the dead letter", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello", { retry: { attempts: 3, backoffMs: 50, backoff: "exponential" } });
  const began: number[] = [];
  await rig.work(async (invocation) => {
    began.push(Date.now());
    expect(invocation.attempt).toBe(began.length);
    await invocation.enter();
    return failed(`boom ${began.length}`);
  });
  const id = await rig.enqueue(hello, 1);
  const record = await rig.ended(id);
  expect(record).toMatchObject({ state: "failed", outcome: { kind: "functionError", message: "boom 3" } });
  expect(record.attempts.map(({ attempt, outcome }) => [attempt, outcome.message])).toEqual([
    [1, "boom 1"],
    [2, "boom 2"],
    [3, "boom 3"],
  ]);
  const [first = 0, second = 0, third = 0] = began;
  expect(second - first).toBeGreaterThanOrEqual(50);
  expect(third - second).toBeGreaterThanOrEqual(100);
  expect(third - first).toBeLessThan(1500);
  const job = await rig.plainQueue("hello").getJob(id);
  expect(await job?.isFailed()).toBe(true);
  expect(job).toMatchObject({ failedReason: "functionError: boom 3", data: 1 });
  await eventually(() => rig.ends.length > 0);
  expect(rig.ends).toEqual([{ id, outcome: "functionError" }]);
});

test("a call that succeeds at its second attempt is succeeded, and waits visibly in between", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello", { retry: { attempts: 2, backoffMs: 300 } });
  await rig.work(async (invocation) => {
    await invocation.enter();
    return invocation.attempt === 1 ? failed() : ok("2");
  });
  const id = await rig.enqueue(hello, 1);
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "delayed");
  expect(await rig.ended(id)).toMatchObject({ state: "succeeded", result: 2 });
});

test("failures of our own use up no attempt of the function's, and end after five", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    if (runs < 3) throw new Error("no cgroup");
    await invocation.enter();
    return ok('"made it"');
  });
  const id = await rig.enqueue(hello, 1);
  expect(await rig.ended(id)).toMatchObject({ state: "succeeded", result: "made it" });
  expect(runs).toBe(3);
});

test("an idempotency key gives the first call's id, whatever became of it, and refuses another body", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(echo);
  const [first, second] = [randomUUID(), randomUUID()];
  const idempotencyKey = "order-1";
  expect(await rig.enqueue(hello, 1, { id: first, idempotencyKey })).toBe(first);
  expect(await rig.enqueue(hello, 1, { id: second, idempotencyKey })).toBe(first);
  await rig.ended(first);
  expect(await rig.enqueue(hello, 1, { id: second, idempotencyKey })).toBe(first);
  await expect(rig.enqueue(hello, 2, { id: second, idempotencyKey })).rejects.toMatchObject({
    code: "idempotencyMismatch",
  });
  expect(await rig.store.invocations.get(second)).toBeNull();
  await eventually(() => rig.ends.length > 0);
  expect(rig.ends).toHaveLength(1);
});

test("a repeat whose first call was never added, since its gateway died, is added under the first's id", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const first = randomUUID();
  await rig.store.idempotency.reserve({
    tenant: "default",
    functionName: "hello",
    key: "k",
    body: "1",
    id: first,
  });
  expect(await rig.enqueue(hello, 1, { idempotencyKey: "k" })).toBe(first);
  await rig.work(echo);
  expect((await rig.ended(first)).state).toBe("succeeded");
});

test("a forced delete sends what waits to the dead letter, each with its record", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const ids = [await rig.enqueue(hello, 1), await rig.enqueue(hello, 2, { delayMs: 60_000 })];
  ids.push(await rig.enqueue(hello, 3, { priority: 5 }), await rig.addPlain("hello", 4));
  const sync = rig.call(hello, 5);
  await eventually(async () => (await rig.producer.backlog(["hello"]))[0]?.jobs.waiting === 3);
  expect(await rig.producer.drop("hello")).toBe(5);
  expect((await sync).outcome.kind).toBe("cancelled");
  for (const id of ids)
    expect(await rig.store.invocations.get(id)).toMatchObject({
      state: "cancelled",
      outcome: { message: "The function was deleted while this waited." },
    });
  expect((await rig.producer.backlog(["hello"]))[0]?.jobs).toMatchObject({
    waiting: 0,
    delayed: 0,
    failed: 5,
  });
});

test("a call for a version that has been deleted ends, and is not tried again", async () => {
  await using rig = await openRig();
  const old = await rig.deploy("hello");
  const id = await rig.enqueue(old, 1);
  await rig.store.functions.delete("hello");
  await rig.store.artifacts.put(Buffer.from("code"));
  await rig.deploy("hello");
  await rig.work(echo);
  expect(await rig.ended(id)).toMatchObject({ state: "failed", outcome: { kind: "systemFailure" } });
});

test("builds go to a worker and come back; where none answers, noWorker", async () => {
  await using rig = await openRig();
  const { manifest } = await rig.deploy("hello");
  await expect(rig.producer.build({ upload: "u", manifest }, 100)).rejects.toMatchObject({
    code: "noWorker",
  });
  expect(await rig.producer.workers()).toEqual([]);
  await rig.work(echo, {
    build: async ({ upload }) => {
      if (upload === "bad") throw new Error("esbuild is missing");
      return { built: true, artifact: upload, warnings: [] };
    },
  });
  expect(await rig.producer.workers()).toEqual(["worker-1"]);
  expect(await rig.producer.build({ upload: "u", manifest }, 5000)).toEqual({
    built: true,
    artifact: "u",
    warnings: [],
  });
  await expect(rig.producer.build({ upload: "bad", manifest }, 5000)).rejects.toThrow(/esbuild is missing/);
  await sleep(100);
  expect(await rig.redis.keys("mayfly:{_build}:*-*-*")).toEqual([]);
});
