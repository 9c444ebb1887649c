import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { echo, eventually, failed, ok, openRig, type Rig, sleep } from "./support.ts";

/** What a killed worker held must run again within this time. */
const RESTART_WITHIN_MS = 10_000;

/** One worker dies with all of it; the tests look at what became of each. */
let rig: Rig;
let killedAt: number;
const ids: Record<"hang" | "linger" | "plain" | "cancelled", string> = {
  hang: "",
  linger: "",
  plain: "",
  cancelled: "",
};
const syncIds = { entered: randomUUID(), answered: randomUUID() };
const runs: { id: string; attempt: number; at: number }[] = [];
let entered: ReturnType<Rig["call"]>;
let answered: ReturnType<Rig["call"]>;

beforeAll(async () => {
  rig = await openRig();
  const [f, g] = [await rig.deploy("f"), await rig.deploy("g")];
  const doomed = [await rig.spawnWorker("doomed-1"), await rig.spawnWorker("doomed-2")];
  ids.hang = await rig.enqueue(f, { do: "hang" });
  ids.linger = await rig.enqueue(f, { do: "linger" });
  ids.plain = await rig.addPlain("f", { do: "hang" });
  ids.cancelled = await rig.enqueue(f, { do: "hang" });
  entered = rig.call(g, { do: "hang" }, { id: syncIds.entered });
  answered = rig.call(g, { do: "answer" }, { id: syncIds.answered });
  for (const id of [ids.hang, ids.plain, ids.cancelled, syncIds.entered, syncIds.answered])
    await eventually(async () => (await rig.store.invocations.get(id))?.state === "running");
  await eventually(async () => (await rig.redis.exists(`mayfly:{f}:${ids.linger}:lock`)) === 1);
  // At its longest, a lock was renewed just before.
  await sleep(1000);
  for (const child of doomed) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  killedAt = Date.now();
  await rig.work(async (invocation) => {
    runs.push({ id: invocation.id, attempt: invocation.attempt, at: Date.now() });
    return await echo(invocation);
  });
});

afterAll(async () => {
  await rig[Symbol.asyncDispose]();
});

test("async jobs of a killed worker run again within ten seconds, and the record tells of the lost attempt", async () => {
  const cancelled = rig.producer.cancel(ids.cancelled);
  for (const id of [ids.hang, ids.plain]) {
    const record = await rig.ended(id, 15_000);
    expect(record.state).toBe("succeeded");
    expect(record.attempts.map(({ attempt, outcome }) => [attempt, outcome.kind])).toEqual([
      [1, "workerLost"],
      [2, "ok"],
    ]);
    const [lost] = record.attempts;
    expect(lost?.worker).toMatch(/^doomed/);
    expect(lost?.startedAt).toBeLessThan(killedAt);
  }
  for (const run of runs) expect(run.at - killedAt).toBeLessThan(RESTART_WITHIN_MS);
  expect((await cancelled)?.record.state).toBe("cancelled");
});

test("a job that had not entered begins with its first attempt", async () => {
  expect((await rig.ended(ids.linger, 15_000)).attempts).toMatchObject([
    { attempt: 1, outcome: { kind: "ok" } },
  ]);
});

test("one that was cancelled while its worker was dead does not run again", async () => {
  expect(await rig.ended(ids.cancelled, 15_000)).toMatchObject({ state: "cancelled" });
  expect(runs.filter(({ id }) => id === ids.cancelled)).toEqual([]);
});

test("a sync call that had entered never runs twice: it is workerLost", async () => {
  expect((await entered).outcome.kind).toBe("workerLost");
  expect(await rig.ended(syncIds.entered)).toMatchObject({
    state: "failed",
    outcome: { kind: "workerLost" },
  });
  expect(runs.filter(({ id }) => id === syncIds.entered)).toEqual([]);
});

test("a sync call that was answered before its worker died keeps its answer", async () => {
  expect((await answered).resultJson).toBe('"answered"');
  expect(await rig.ended(syncIds.answered, 15_000)).toMatchObject({
    state: "succeeded",
    outcome: { kind: "ok" },
    result: "answered",
  });
});

test("each of them ended exactly once", async () => {
  await eventually(() => rig.ends.length >= 6, 15_000);
  expect(new Set(rig.ends.map(({ id }) => id)).size).toBe(rig.ends.length);
});

test("a worker that died between the record and BullMQ's end is made good for", async () => {
  await using own = await openRig();
  await own.deploy("hello");
  const id = await own.addPlain("hello", 1);
  let runsOfIt = 0;
  await own.work(
    async (invocation) => {
      runsOfIt++;
      await invocation.enter();
      // BullMQ's lock goes to somebody else, so that its side of the end is refused; then the holder is gone.
      await own.redis.set("mayfly:{hello}:1:lock", "gone", "PX", 50);
      await sleep(60);
      return ok('"kept"');
    },
    { lockMs: 2000 },
  );
  expect(await own.ended(id)).toMatchObject({ state: "succeeded", result: "kept" });
  const queue = own.plainQueue("hello");
  await eventually(async () => (await queue.getCompletedCount()) === 1, 10_000);
  expect((await queue.getJob("1"))?.returnvalue).toBe("kept");
  expect(runsOfIt).toBe(1);
  await eventually(() => own.ends.length > 0);
  expect(own.ends).toHaveLength(1);
});

test("an end is written also where Redis has forgotten the scripts meanwhile", async () => {
  await using own = await openRig();
  const hello = await own.deploy("hello");
  await own.work(async (invocation) => {
    await invocation.enter();
    await own.redis.script("FLUSH");
    return ok('"kept"');
  });
  expect(await own.call(hello, 1)).toMatchObject({ outcome: { kind: "ok" }, resultJson: '"kept"' });
  const id = await own.enqueue(hello, 1);
  expect(await own.ended(id)).toMatchObject({ state: "succeeded", result: "kept" });
  await eventually(() => own.ends.length === 2);
  const counts = await own.plainQueue("hello").getJobCounts("active", "wait", "failed", "completed");
  expect(counts).toEqual({ active: 0, wait: 0, failed: 0, completed: 0 });
});

test("an attempt that has lost its lock to another is told to stop, and is not heard any more", async () => {
  await using own = await openRig();
  const hello = await own.deploy("hello");
  const stopped = Promise.withResolvers<unknown>();
  const id = randomUUID();
  await own.work(
    async (invocation) => {
      await invocation.enter();
      if (invocation.attempt > 1) return ok('"second"');
      await own.redis.set(`mayfly:{hello}:${id}:lock`, "another", "PX", 1500);
      invocation.signal.addEventListener("abort", () => stopped.resolve(invocation.signal.reason));
      await stopped.promise;
      return ok('"first"');
    },
    { lockMs: 2000 },
  );
  await own.enqueue(hello, 1, { id });
  expect(await stopped.promise).toBe("lockLost");
  expect(await own.ended(id)).toMatchObject({ state: "succeeded", result: "second" });
  await eventually(() => own.ends.length > 0);
  expect(own.ends).toHaveLength(1);
});

test("a job that costs one worker after another its life ends as workerLost", async () => {
  await using own = await openRig();
  const hello = await own.deploy("hello");
  const id = await own.enqueue(hello, 1);
  // As it stands after the fifth loss.
  await own.redis.hset(`mf:inv:{hello}:${id}`, {
    state: "running",
    function: "hello",
    acceptedAt: (await own.redis.hget(`mayfly:{hello}:${id}`, "timestamp")) ?? "",
    entered: "dead-worker:token",
    ours: 4,
  });
  await own.redis.hset(`mayfly:{hello}:${id}`, "ats", 5);
  let runsOfIt = 0;
  await own.work(async (invocation) => {
    runsOfIt++;
    return await echo(invocation);
  });
  expect(await own.ended(id)).toMatchObject({ state: "failed", outcome: { kind: "workerLost" } });
  expect(runsOfIt).toBe(0);
});

test("after a restart of Redis everything goes on: what waited, what ran, and new calls", async () => {
  await using own = await openRig();
  const hello = await own.deploy("hello");
  const release = Promise.withResolvers<void>();
  await own.work(async (invocation) => {
    await invocation.enter();
    if (invocation.eventJson === '"slow"') await release.promise;
    return ok(invocation.eventJson);
  });
  const slow = await own.enqueue(hello, "slow");
  const later = await own.enqueue(hello, "later", { delayMs: 2500 });
  await eventually(async () => (await own.store.invocations.get(slow))?.state === "running");
  await own.stopRedis();
  await expect(own.call(hello, 1)).rejects.toMatchObject({ code: "redisUnavailable" });
  release.resolve();
  await own.startRedis();
  expect((await own.ended(slow)).state).toBe("succeeded");
  expect((await own.ended(later)).state).toBe("succeeded");
  expect((await own.call(hello, 2)).resultJson).toBe("2");
  expect((await own.ended(await own.addPlain("hello", 3))).result).toBe(3);
});

test("a worker can leave while Redis is away", async () => {
  await using own = await openRig();
  const dispatcher = await own.work(echo);
  await own.stopRedis();
  const began = Date.now();
  await dispatcher.drain(100);
  expect(Date.now() - began).toBeLessThan(4000);
  await own.startRedis();
});

test("draining waits for what runs, gives back what has not begun, and takes nothing more", async () => {
  await using own = await openRig();
  const hello = await own.deploy("hello");
  const begun = Promise.withResolvers<void>();
  const first = await own.work(
    async (invocation) => {
      if (invocation.eventJson === '"unbegun"') {
        await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
        expect(await invocation.enter()).toBe(false);
        return failed("never ran", "cancelled");
      }
      await invocation.enter();
      begun.resolve();
      if (invocation.eventJson === '"endless"') {
        await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
        return failed("stopped", "cancelled");
      }
      await sleep(300);
      return ok('"in time"');
    },
    { slots: 3 },
  );
  const inTime = await own.enqueue(hello, "in time");
  const unbegun = await own.enqueue(hello, "unbegun");
  const endless = await own.enqueue(hello, "endless");
  await begun.promise;
  await eventually(() => first.slots.busy === 3);
  const draining = first.drain(600);
  const notTaken = await own.enqueue(hello, "not taken");
  await draining;
  expect(first.slots.busy).toBe(0);
  expect((await own.ended(inTime, 0)).result).toBe("in time");
  expect(await own.producer.workers()).toEqual([]);
  expect((await own.store.invocations.get(notTaken))?.state).toBe("queued");
  await own.work(echo);
  for (const id of [unbegun, endless, notTaken]) expect((await own.ended(id)).state).toBe("succeeded");
  expect((await own.ended(endless)).attempts.map(({ outcome }) => outcome.kind)).toEqual([
    "workerLost",
    "ok",
  ]);
  expect((await own.ended(unbegun)).attempts).toHaveLength(1);
});
