import { expect, test } from "vitest";
import { echo, eventually, failed, ok, openRig, sleep } from "./support.ts";

test("a queued, a delayed and a prioritised job are cancelled before they run, with a record and without a job", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const ids = [
    await rig.enqueue(hello, 1),
    await rig.enqueue(hello, 2, { delayMs: 60_000 }),
    await rig.enqueue(hello, 3, { priority: 3 }),
    await rig.addPlain("hello", 4, { deduplication: { id: "once" } }),
  ];
  for (const id of ids) {
    const cancelled = await rig.producer.cancel(id);
    expect(cancelled).toMatchObject({
      cancelled: true,
      record: { state: "cancelled", outcome: { kind: "cancelled" } },
    });
  }
  expect((await rig.producer.backlog(["hello"]))[0]?.jobs).toMatchObject({
    waiting: 0,
    delayed: 0,
    prioritized: 0,
  });
  expect(rig.ends.map(({ outcome }) => outcome)).toEqual(ids.map(() => "cancelled"));
  let runs = 0;
  await rig.work(async (invocation) => {
    runs++;
    return await echo(invocation);
  });
  await sleep(700);
  expect(runs).toBe(0);
  // The deduplication went with the job, so the next one with this id is a new one.
  const next = await rig.addPlain("hello", 5, { deduplication: { id: "once" } });
  expect((await rig.ended(next)).state).toBe("succeeded");
});

test("a running invocation is told to stop, and is cancelled once it has", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(async (invocation) => {
    await invocation.enter();
    await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
    expect(invocation.signal.reason).toBe("cancelled");
    return failed("stopped", "cancelled");
  });
  const id = await rig.enqueue(hello, 1);
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "running");
  expect(await rig.producer.cancel(id)).toMatchObject({ cancelled: true, record: { state: "cancelled" } });
  await eventually(() => rig.ends.length > 0);
  expect(rig.ends).toEqual([{ id, outcome: "cancelled" }]);
});

test("one that answers before it hears of the cancel keeps its outcome", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(async (invocation) => {
    await invocation.enter();
    await sleep(150);
    return ok("1");
  });
  const id = await rig.enqueue(hello, 1);
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "running");
  expect(await rig.producer.cancel(id)).toMatchObject({ cancelled: false, record: { state: "succeeded" } });
});

test("what has ended is not cancelled, and what nobody knows is unknown", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(echo);
  const id = await rig.enqueue(hello, 1);
  await rig.ended(id);
  expect(await rig.producer.cancel(id)).toMatchObject({ cancelled: false, record: { state: "succeeded" } });
  expect(await rig.producer.cancel("hello~404")).toBeNull();
  expect(await rig.producer.cancel("01890000-0000-7000-8000-000000000000")).toBeNull();
});

test("a job that waits for its next attempt is cancelled with the attempts it has had", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello", { retry: { attempts: 2, backoffMs: 60_000 } });
  await rig.work(async (invocation) => {
    await invocation.enter();
    return failed();
  });
  const id = await rig.enqueue(hello, 1);
  await eventually(async () => (await rig.store.invocations.get(id))?.state === "delayed");
  expect(await rig.producer.cancel(id)).toMatchObject({
    cancelled: true,
    record: { state: "cancelled", attempts: [{ attempt: 1, outcome: { kind: "functionError" } }] },
  });
});

test("a child of a flow is taken out of its flow", async () => {
  await using rig = await openRig();
  await rig.deploy("child");
  const tree = await rig.flow().add({
    name: "p",
    queueName: "{parent}",
    data: {},
    children: [{ name: "c", queueName: "{child}", data: 1 }],
  });
  const child = tree.children?.[0]?.job.id ?? "";
  expect(await rig.producer.cancel(`child~${child}`)).toMatchObject({ cancelled: true });
  expect(await tree.job.getState()).toBe("waiting");
});

test("the next job of a scheduler is left to its scheduler", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  const job = await rig
    .plainQueue("hello")
    .upsertJobScheduler("tick", { every: 3_600_000, offset: 1000 }, { name: "t" });
  expect(await rig.producer.cancel(`hello~${job?.id}`)).toMatchObject({
    cancelled: false,
    record: { state: "delayed" },
  });
});
