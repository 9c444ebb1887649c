import { expect, test } from "vitest";
import { echo, eventually, failed, ok, openRig, sleep } from "./support.ts";

const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

test("2,000 calls at eight in flight, over two workers, end exactly once each", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  const runs = new Map<string, number>();
  const handle: typeof echo = async (invocation) => {
    runs.set(invocation.id, (runs.get(invocation.id) ?? 0) + 1);
    return await echo(invocation);
  };
  await rig.work(handle);
  await rig.work(handle);
  let next = 0;
  const inFlight = async () => {
    while (next < 2000) {
      const event = next++;
      if (event % 2 === 0) expect((await rig.call(hello, event)).resultJson).toBe(String(event));
      else await rig.enqueue(hello, event);
    }
  };
  await Promise.all(Array.from({ length: 8 }, inFlight));
  await eventually(() => rig.ends.length >= 2000, 20_000);
  await sleep(700);
  expect(rig.ends).toHaveLength(2000);
  expect(new Set(rig.ends.map(({ id }) => id)).size).toBe(2000);
  expect([...runs.values()].every((count) => count === 1)).toBe(true);
  expect(rig.ends.every(({ outcome }) => outcome === "ok")).toBe(true);
  const [backlog] = await rig.producer.backlog(["hello"]);
  expect(backlog?.jobs).toEqual({
    waiting: 0,
    active: 0,
    delayed: 0,
    prioritized: 0,
    failed: 0,
    completed: 0,
  });
  expect(rig.errors).toEqual([]);
});

test("a backlog of one function does not slow another's calls", async () => {
  await using rig = await openRig();
  const [busy, other] = [await rig.deploy("busy"), await rig.deploy("other")];
  for (let n = 0; n < 3000; n += 500)
    await Promise.all(Array.from({ length: 500 }, () => rig.enqueue(busy, n)));
  await rig.work(
    async (invocation) => {
      await sleep(10);
      return await echo(invocation);
    },
    { slots: 2 },
  );
  for (let n = 0; n < 5; n++) {
    const began = Date.now();
    const id = await rig.enqueue(other, n);
    await rig.ended(id);
    expect(Date.now() - began).toBeLessThan(1000);
  }
});

test("sync calls go before async ones, and do not starve them", async () => {
  await using rig = await openRig();
  const [f, g] = [await rig.deploy("f"), await rig.deploy("g")];
  for (let n = 0; n < 20; n++) await rig.enqueue(f, "async");
  const order: string[] = [];
  const calls = Array.from({ length: 20 }, () => rig.call(g, "sync"));
  await eventually(async () => (await rig.producer.backlog(["g"]))[0]?.jobs.waiting === 20);
  await rig.work(
    async (invocation) => {
      order.push(JSON.parse(invocation.eventJson) as string);
      return await echo(invocation);
    },
    { slots: 1 },
  );
  await Promise.all(calls);
  await eventually(() => order.length === 40);
  const firstHalf = order.slice(0, 20).filter((kind) => kind === "sync").length;
  expect(firstHalf).toBeGreaterThanOrEqual(16);
  expect(firstHalf).toBeLessThan(20);
});

test("a manifest's concurrency holds over workers and over sync and async calls, and nothing is left waiting", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello", { concurrency: 3, retry: { attempts: 2, backoffMs: 1 } });
  let now = 0;
  let most = 0;
  const handle: typeof echo = async (invocation) => {
    most = Math.max(most, ++now);
    await invocation.enter();
    await sleep(5);
    now--;
    return invocation.attempt === 1 && invocation.eventJson === "7" ? failed() : ok(invocation.eventJson);
  };
  await rig.work(handle);
  await rig.work(handle);
  const ids = await Promise.all(Array.from({ length: 40 }, (_, n) => rig.enqueue(hello, n)));
  await Promise.all(Array.from({ length: 40 }, (_, n) => rig.call(hello, n, { beginWithinMs: 20_000 })));
  for (const id of ids) expect((await rig.ended(id, 20_000)).state).toBe("succeeded");
  expect(most).toBe(3);
  expect(await rig.redis.zcard("mf:permits:{hello}")).toBe(0);
});

test("with a thousand functions deployed, a plain producer's job of any of them is noticed within a second", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  for (let n = 0; n < 1000; n += 250)
    await Promise.all(Array.from({ length: 250 }, (_, k) => rig.deploy(`f-${n + k}`)));
  await rig.work(echo);
  await rig.call(hello, 1);
  for (const name of ["f-0", "f-500", "f-999"]) {
    const began = Date.now();
    await rig.ended(await rig.addPlain(name, 1));
    expect(Date.now() - began).toBeLessThan(1000);
  }

  const usage = process.cpuUsage();
  await sleep(3000);
  const { user, system } = process.cpuUsage(usage);
  const percent = (user + system) / 30_000;
  console.info(`idle with 1,001 functions: ${percent.toFixed(2)} % of one CPU, store and producer included`);
  expect(percent).toBeLessThan(3);
});

test("a producer that sends job after job waits for no sweep", async () => {
  await using rig = await openRig();
  await rig.deploy("hello");
  await rig.work(echo);
  const queue = rig.plainQueue("hello");
  const events = await rig.plainEvents("hello");
  const send = async () => {
    const began = performance.now();
    await (await queue.add("x", 1)).waitUntilFinished(events, 5000);
    return performance.now() - began;
  };
  for (let n = 0; n < 5; n++) await send();
  const times: number[] = [];
  for (let n = 0; n < 200; n++) times.push(await send());
  times.sort((a, b) => a - b);
  console.info(`plain producer, add to result: p50 ${percentile(times, 0.5).toFixed(2)} ms`);
  expect(percentile(times, 0.5)).toBeLessThan(100);
});

test("a call and its reply take little more than a bare trip through BullMQ", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(echo);
  for (let n = 0; n < 200; n++) await rig.call(hello, 1);
  const times: number[] = [];
  for (let n = 0; n < 1000; n++) {
    const began = performance.now();
    await rig.call(hello, 1);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  console.info(`call to reply, no-op: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
  expect(p50).toBeLessThan(20);
});
