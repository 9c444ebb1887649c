import { expect, test } from "vitest";
import { echo, eventually, failed, ok, openRig, sleep } from "./support.ts";

test("a plain BullMQ producer gets its returnvalue, by events and from the job", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(async (invocation) => {
    expect(invocation).toMatchObject({ gateway: null, job: { name: "greet", opts: { attempts: 0 } } });
    expect(invocation.eventJson).toBe('{"who":"wörld"}');
    await invocation.enter();
    return ok('{"hello":"wörld"}');
  });
  const queue = rig.plainQueue("hello");
  const events = await rig.plainEvents("hello");
  const job = await queue.add("greet", { who: "wörld" });
  expect(await job.waitUntilFinished(events, 5000)).toEqual({ hello: "wörld" });
  const again = await queue.getJob(job.id ?? "");
  expect(again?.returnvalue).toEqual({ hello: "wörld" });
  expect(await again?.isCompleted()).toBe(true);
  expect(await rig.ended(`hello~${job.id}`)).toMatchObject({
    id: `hello~${job.id}`,
    state: "succeeded",
    result: { hello: "wörld" },
  });
});

test("a producer hears what went wrong: outcome and message", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(async (invocation) => {
    await invocation.enter();
    return failed("killed at 128m", "outOfMemory");
  });
  const job = await rig.plainQueue("hello").add("x", {});
  const events = await rig.plainEvents("hello");
  await expect(job.waitUntilFinished(events, 5000)).rejects.toThrow("outOfMemory: killed at 128m");
});

test("a job's own attempts and backoff count, and those left at the default mean the manifest's", async () => {
  await using rig = await openRig();
  await rig.deploy("hello", { retry: { attempts: 2, backoffMs: 10 } });
  const runs = new Map<string, number>();
  await rig.work(async (invocation) => {
    runs.set(invocation.job.name, (runs.get(invocation.job.name) ?? 0) + 1);
    await invocation.enter();
    return failed();
  });
  const queue = rig.plainQueue("hello");
  await queue.add("default", 1);
  await queue.add("four", 1, { attempts: 4, backoff: { type: "fixed", delay: 10 } });
  await queue.add("once", 1, { attempts: 1 });
  await eventually(async () => (await queue.getFailedCount()) === 3);
  expect(Object.fromEntries(runs)).toEqual({ default: 2, four: 4, once: 1 });
});

test("a job of a function that is not deployed waits, is listed, and runs once there is one", async () => {
  await using rig = await openRig();
  await rig.deploy("other");
  await rig.work(echo);
  const id = await rig.addPlain("hello", 1);
  await eventually(async () => (await rig.producer.queues()).includes("hello"));
  const [backlog] = await rig.producer.backlog(["hello"]);
  expect(backlog?.jobs.waiting).toBe(1);
  expect(backlog?.oldestAgeSeconds).toBeGreaterThan(0);
  expect((await rig.store.invocations.get(id))?.state).toBe("queued");
  await rig.deploy("hello");
  expect((await rig.ended(id)).state).toBe("succeeded");
});

test("an id that a producer uses again, after the first job has gone, is a new invocation", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(echo);
  const options = { jobId: "nightly", removeOnComplete: true };
  await rig.addPlain("hello", 1, options);
  await eventually(async () => (await rig.store.invocations.get("hello~nightly"))?.result === 1);
  await rig.addPlain("hello", 2, options);
  await eventually(async () => (await rig.store.invocations.get("hello~nightly"))?.result === 2);
  expect((await rig.store.invocations.get("hello~nightly"))?.attempts).toHaveLength(1);
});

test("a producer that pretends to be the gateway is refused, and its job kept with the reason", async () => {
  await using rig = await openRig();
  await rig.deploy("hello", { retry: { attempts: 3 } });
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    return await echo(invocation);
  });
  const id = await rig.addPlain("hello", 1, { mayfly: { tenant: "admin" } } as never);
  expect(await rig.ended(id)).toMatchObject({
    state: "failed",
    outcome: { kind: "functionError", errorType: "InvalidEvent" },
  });
  const [job] = await rig.plainQueue("hello").getFailed();
  expect(job?.failedReason).toMatch(/job option "mayfly"/);
  expect(runs).toBe(0);
});

test("an event that is too large is refused at once", async () => {
  await using rig = await openRig();
  await rig.deploy("hello", { retry: { attempts: 3 } });
  await rig.work(echo);
  const id = await rig.addPlain("hello", "x".repeat(6 * 1024 ** 2));
  expect(await rig.ended(id)).toMatchObject({ outcome: { errorType: "InvalidEvent" }, attempts: [] });
});

test("an id with control characters is refused at once", async () => {
  await using rig = await openRig();
  await rig.deploy("hello", { retry: { attempts: 3 } });
  await rig.work(echo);
  for (const jobId of ["a\0b", "a\nb"])
    expect(await rig.ended(await rig.addPlain("hello", 1, { jobId }))).toMatchObject({
      outcome: { kind: "functionError", errorType: "InvalidEvent" },
      attempts: [],
    });
  expect(rig.errors).toEqual([]);
});

test.each<[string, Record<string, string> | null]>([
  ["options are no JSON", { opts: "{" }],
  ["options are null", { opts: "null" }],
  ["attempts are no number", { opts: '{"attempts":"many"}' }],
  ["progress is no JSON", { progress: "half" }],
  ["time is none", { timestamp: "now" }],
  ["stack traces are none", { stacktrace: "boom" }],
  ["hash is not there", null],
])("a job whose %s is in the dead letter at once", async (_title, fields) => {
  await using rig = await openRig();
  await rig.deploy("hello", { retry: { attempts: 3 } });
  const id = await rig.addPlain("hello", 1);
  if (fields === null) await rig.redis.del("mayfly:{hello}:1");
  else await rig.redis.hset("mayfly:{hello}:1", fields);
  expect((await rig.store.invocations.get(id))?.state ?? "queued").toBe("queued");
  await rig.work(echo);
  await eventually(async () => (await rig.plainQueue("hello").getFailedCount()) === 1);
  expect(await rig.ended(id)).toMatchObject({
    outcome: { kind: "functionError", errorType: "InvalidEvent" },
    attempts: [],
  });
  expect(rig.errors).toEqual([]);
});

test("a job scheduler's jobs run, one after the other", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    return await echo(invocation);
  });
  const queue = rig.plainQueue("hello");
  await queue.upsertJobScheduler("tick", { every: 300 }, { name: "tick", data: { t: 1 } });
  await eventually(() => runs >= 3);
  await queue.removeJobScheduler("tick");
  expect(rig.errors).toEqual([]);
});

test("a flow's children run before their parent, which then runs", async () => {
  await using rig = await openRig();
  await rig.deploy("child");
  await rig.deploy("parent");
  const order: string[] = [];
  await rig.work(async (invocation) => {
    order.push(invocation.function.name);
    return await echo(invocation);
  });
  await rig.flow().add({
    name: "p",
    queueName: "{parent}",
    data: {},
    children: [
      { name: "c", queueName: "{child}", data: 1 },
      { name: "c", queueName: "{child}", data: 2 },
    ],
  });
  await eventually(() => order.length === 3);
  expect(order).toEqual(["child", "child", "parent"]);
});

test("a queue that is paused stands still, and goes on after resume", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(echo);
  const queue = rig.plainQueue("hello");
  await queue.pause();
  const id = await rig.addPlain("hello", 1);
  await sleep(800);
  expect((await rig.store.invocations.get(id))?.state).toBe("paused");
  await queue.resume();
  expect((await rig.ended(id, 1000)).state).toBe("succeeded");
});

test("a queue's rate limit holds, and what waits for its window runs in the next", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.plainQueue("hello").setGlobalRateLimit(2, 600);
  const at: number[] = [];
  await rig.work(async (invocation) => {
    at.push(Date.now());
    return await echo(invocation);
  });
  for (let n = 0; n < 4; n++) await rig.addPlain("hello", n);
  await eventually(() => at.length === 4);
  expect((at[2] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(550);
});

test("a queue's global concurrency holds, and the job that had to wait is not forgotten", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.plainQueue("hello").setGlobalConcurrency(1);
  let now = 0;
  let most = 0;
  let done = 0;
  await rig.work(async (invocation) => {
    most = Math.max(most, ++now);
    await sleep(30);
    now--;
    done++;
    return await echo(invocation);
  });
  for (let n = 0; n < 4; n++) await rig.addPlain("hello", n);
  await eventually(() => done === 4);
  expect(most).toBe(1);
});

test("a job that BullMQ has given up on is not handed out again", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  const id = await rig.addPlain("hello", 1);
  await rig.redis.hset("mayfly:{hello}:1", "defa", "job stalled more than allowable limit", "ats", 11);
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    return await echo(invocation);
  });
  expect(await rig.ended(id)).toMatchObject({
    state: "failed",
    outcome: { kind: "workerLost", message: "job stalled more than allowable limit" },
  });
  expect(runs).toBe(0);
});

test("a job sent out of the dead letter again runs anew", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  let fails = true;
  await rig.work(async (invocation) => {
    await invocation.enter();
    return fails ? failed() : ok('"at last"');
  });
  const id = await rig.addPlain("hello", 1);
  expect((await rig.ended(id)).state).toBe("failed");
  fails = false;
  const job = await rig.plainQueue("hello").getJob("1");
  await eventually(async () => (await job?.isFailed()) === true);
  await job?.retry();
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "succeeded");
  expect(await rig.store.invocations.get(id)).toMatchObject({ result: "at last" });
});

test("large results do not pile up in the events stream", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  const large = JSON.stringify("x".repeat(1024 ** 2));
  await rig.work(async (invocation) => {
    await invocation.enter();
    return ok(large);
  });
  const queue = rig.plainQueue("hello");
  for (let n = 0; n < 60; n++) await queue.add("x", n, { removeOnComplete: true });
  await eventually(() => rig.ends.length === 60, 20_000);
  await eventually(async () => (await rig.redis.xlen("mayfly:{hello}:events")) <= 32);
  expect(await rig.redis.memory("USAGE", "mayfly:{hello}:events")).toBeLessThan(40 * 1024 ** 2);
});

test("a job that its producer has removed at its end can still be read", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(echo);
  const id = await rig.addPlain("hello", { a: 1 }, { removeOnComplete: true });
  await rig.ended(id);
  await eventually(async () => (await rig.redis.exists("mayfly:{hello}:1")) === 0);
  expect(await rig.store.invocations.get(id)).toMatchObject({ state: "succeeded", result: { a: 1 } });
});

test("the last added goes first where its producer asks for it", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  const order: unknown[] = [];
  await rig.addPlain("hello", "a");
  await rig.addPlain("hello", "b");
  await rig.addPlain("hello", "c", { lifo: true });
  await rig.work(
    async (invocation) => {
      order.push(JSON.parse(invocation.eventJson));
      return await echo(invocation);
    },
    { slots: 1 },
  );
  await eventually(() => order.length === 3);
  expect(order).toEqual(["c", "a", "b"]);
});
