import { randomUUID } from "node:crypto";
import { test } from "vitest";
import { echo, eventually, ok, openRig, sleep } from "./support.ts";

test("a", async () => {
  await using rig = await openRig({ maxWaiting: 3 });
  const hello = await rig.deploy("hello");
  for (let n = 0; n < 3; n++) await rig.enqueue(hello, n);
  await rig.enqueue(hello, 4).catch(() => {});
  await rig.work(echo);
  await eventually(async () => (await rig.producer.backlog(["hello"]))[0]?.jobs.waiting === 0);
  const r = await rig.call(hello, 5);
  console.log(r, rig.errors, await rig.store.invocations.get(r.id));
});
test("b", async () => {
  await using rig = await openRig();
  const hello = await rig.deploy("hello");
  await rig.work(async (invocation) => {
    await sleep(200);
    console.log(await rig.redis.hgetall(`mf:inv:{hello}:${invocation.id}`));
    console.log(await invocation.enter());
    return ok('"must not count"');
  });
  const id = randomUUID();
  await rig.call(hello, {}, { id, beginWithinMs: 100 }).catch(console.log);
  await sleep(300);
  console.log(rig.errors, await rig.redis.hgetall(`mf:inv:{hello}:${id}`), await rig.redis.keys("*"));
});
