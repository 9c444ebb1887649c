import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { callOf, echo, eventually, failed, ok, openRig, sleep } from "./support.ts";

test("a call is answered with its result's own text, and its record says the same", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(async (invocation) => {
    expect(invocation).toMatchObject({ attempt: 1, eventJson: '{"a":[],"b":null}', function: hello });
    expect(invocation.gateway).toMatchObject({ tenant: "default", version: hello.version, http: null });
    await invocation.enter();
    return ok('{"exact":  1.0}');
  });
  const reply = await rig.call(hello, { a: [], b: null });
  expect(reply).toMatchObject({ outcome: { kind: "ok" }, resultJson: '{"exact":  1.0}' });
  const record = await rig.ended(reply.id);
  expect(record).toMatchObject({
    state: "succeeded",
    function: "hello",
    version: hello.version,
    result: { exact: 1 },
    attempts: [{ attempt: 1, worker: "worker-1", outcome: { kind: "ok" } }],
  });
  await eventually(() => rig.ends.length > 0);
  expect(rig.ends).toEqual([{ id: reply.id, outcome: "ok" }]);
  expect(rig.errors).toEqual([]);
});

test("what the gateway says of a request comes through Redis unchanged, empty lists and nulls too", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const http = {
    method: "POST",
    path: "/",
    query: "a=1",
    headers: [] as [string, string][],
    rawBody: null,
    remoteAddress: "127.0.0.1",
    origin: "http://x",
  };
  let seen: unknown;
  await rig.work(async (invocation) => {
    seen = invocation.gateway?.http;
    expect(invocation.job.opts).not.toHaveProperty("mayfly");
    return await echo(invocation);
  });
  await rig.producer.callAndWait(
    { ...callOf(hello, 1), http },
    { id: randomUUID(), beginWithinMs: 5000, answerWithinMs: 5000, signal: new AbortController().signal },
  );
  expect(seen).toEqual(http);
});

test("the caller has its answer before the tear-down, and the outcome does not change after it", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const teardown = Promise.withResolvers<void>();
  await rig.work(async (invocation) => {
    await invocation.enter();
    invocation.reply({ ...ok('"first"'), timing: null });
    await teardown.promise;
    return failed("after the answer", "outOfMemory");
  });
  const reply = await rig.call(hello, {});
  expect(reply.resultJson).toBe('"first"');
  expect((await rig.store.invocations.get(reply.id))?.state).toBe("running");
  teardown.resolve();
  expect(await rig.ended(reply.id)).toMatchObject({
    state: "succeeded",
    outcome: { kind: "ok" },
    result: "first",
  });
});

test("a sync call that fails is not tried again, and leaves no job behind", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello", { retry: { attempts: 5 } });
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    await invocation.enter();
    return failed();
  });
  const reply = await rig.call(hello, {});
  expect(reply.outcome).toEqual({ kind: "functionError", message: "boom" });
  await rig.ended(reply.id);
  await sleep(700);
  expect(runs).toBe(1);
  expect(await rig.redis.exists(`mayfly:{hello}-sync:${reply.id}`)).toBe(0);
});

test("a call that has not begun by its queue deadline is taken back, and never runs", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const id = randomUUID();
  await expect(rig.call(hello, {}, { id, beginWithinMs: 50 })).rejects.toMatchObject({
    code: "queueTimeout",
    facts: { invocationId: id },
  });
  expect(await rig.store.invocations.get(id)).toMatchObject({
    state: "failed",
    outcome: { kind: "expired" },
  });
  await eventually(() => rig.ends.length > 0);
  expect(rig.ends).toEqual([{ id, outcome: "expired" }]);
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    return await echo(invocation);
  });
  await sleep(1200);
  expect(runs).toBe(0);
});

test("a call that is held but has not entered by its deadline is kept from entering", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const entered = Promise.withResolvers<boolean>();
  await rig.work(async (invocation) => {
    await sleep(200);
    entered.resolve(await invocation.enter());
    return ok('"must not count"');
  });
  const id = randomUUID();
  await expect(rig.call(hello, {}, { id, beginWithinMs: 100 })).rejects.toMatchObject({
    code: "queueTimeout",
  });
  expect(await entered.promise).toBe(false);
  expect(await rig.ended(id)).toMatchObject({ outcome: { kind: "expired" }, result: null, attempts: [] });
});

test("a caller that leaves cancels its call, queued or running", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const queued = { id: randomUUID(), leave: new AbortController() };
  const waiting = rig.call(hello, {}, { id: queued.id, signal: queued.leave.signal });
  await eventually(async () => (await rig.redis.exists(`mayfly:{hello}-sync:${queued.id}`)) === 1);
  queued.leave.abort();
  expect((await waiting).outcome.kind).toBe("cancelled");
  expect((await rig.ended(queued.id)).state).toBe("cancelled");

  const running = { id: randomUUID(), leave: new AbortController() };
  const begun = Promise.withResolvers<void>();
  await rig.work(async (invocation) => {
    await invocation.enter();
    begun.resolve();
    await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
    return failed("stopped", "cancelled");
  });
  const call = rig.call(hello, {}, { id: running.id, signal: running.leave.signal });
  await begun.promise;
  running.leave.abort();
  expect((await call).outcome.kind).toBe("cancelled");
  expect((await rig.ended(running.id)).state).toBe("cancelled");
});

test("an answer whose message was missed is found in the record", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(async (invocation) => {
    await invocation.enter();
    // Cuts off whoever listens; the message of the settlement goes to nobody.
    await rig.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    return ok('"found"');
  });
  expect((await rig.call(hello, {})).resultJson).toBe('"found"');
});

test("more waiting calls than are allowed are refused", async () => {
  await using rig = await openRig({ maxWaiting: 3 });
  const hello = await rig.deploy("hello");
  for (let n = 0; n < 3; n++) await rig.enqueue(hello, n);
  await expect(rig.enqueue(hello, 4)).rejects.toMatchObject({ code: "tooManyWaiting" });
  await expect(rig.call(hello, 4)).rejects.toMatchObject({ code: "tooManyWaiting" });
  const other = await rig.deploy("other");
  await rig.enqueue(other, 1);
  await rig.work(echo);
  await eventually(async () => (await rig.producer.backlog(["hello"]))[0]?.jobs.waiting === 0);
  expect((await rig.call(hello, 5)).resultJson).toBe("5");
});
