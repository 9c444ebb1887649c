import { readdir, readFile, stat } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { openRig, type Rig, type RigOptions } from "./support/rig.ts";

let rig: Rig;
afterEach(() => rig[Symbol.asyncDispose]());

async function open(options?: RigOptions): Promise<void> {
  rig = await openRig(options);
}
const starts = (name: string) => rig.starts.filter((one) => one.name === name).map(({ start }) => start.how);

/**
 * The zygotes of this test's worker: children of its launcher, which is a child of this process. A function's process
 * that booted is one, too, and is another user's.
 */
async function zygotePids(): Promise<number[]> {
  const launchers = await childrenOf(process.pid);
  const all = (await Promise.all(launchers.map(childrenOf))).flat();
  const isZygote = await Promise.all(
    all.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const uid = (await stat(`/proc/${pid}`).catch(() => null))?.uid;
      return uid === 0 && command.startsWith("/runtime/bin/node");
    }),
  );
  return all.filter((_, at) => isZygote[at]);
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return lists.join(" ").split(" ").filter(Boolean).map(Number);
}

test("a receipt says how its process was started", async () => {
  await open();
  for (const isolation of ["fork", "exec"] as const) {
    const { id } = await rig.run("export default () => 1;", { name: `by-${isolation}`, isolation });
    expect((await rig.record(id)).receipt?.isolation).toBe(isolation);
  }
});

test("the first call of a worker is a copy already", async () => {
  await open({ isolation: "exec" });
  await rig.run("export default () => 1;", { name: "first", isolation: "fork" });
  expect(starts("first")).not.toContain("boot");
});

describe("a function that cannot be a copy boots, and nobody sees a difference", () => {
  test.each([
    ["for its environment", { env: { NODE_DEBUG: "none" } }, "environment"],
    ["for its memory", { limits: { memory: "28m" } }, "limits"],
  ] as const)("%s", async (_title, manifest, why) => {
    await open({ isolation: "exec" });
    const reply = await rig.run("export default () => 1;", {
      name: "booted",
      isolation: "fork",
      ...manifest,
    });
    expect(reply).toMatchObject({ outcome: { kind: "ok" }, result: 1 });
    expect(rig.starts.at(-1)?.start).toEqual({ how: "boot", why });
    expect((await rig.record(reply.id)).receipt?.isolation).toBe("exec");
  });

  test("where there is no memory for zygotes, every call does", async () => {
    await open({ env: { MAYFLY_ZYGOTE_MEMORY: "0" }, isolation: "exec" });
    for (let count = 0; count < 3; count++)
      await rig.run("export default () => 1;", { name: "booted", isolation: "fork" });
    expect(starts("booted")).toEqual(["boot", "boot", "boot"]);
    expect(rig.gauges.zygotes().filter(({ count }) => count > 0)).toEqual([]);
  });
});

describe("a zygote that dies", () => {
  const SLOW =
    "export default async (ms) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };";

  test("does not touch its copies that run", async () => {
    await open();
    await rig.deploy({ name: "slow" }, { "index.ts": SLOW });
    const calling = rig.call("slow", 1000);
    await expect.poll(() => starts("slow"), { timeout: 10_000 }).toHaveLength(1);
    const pids = await zygotePids();
    expect(pids).toHaveLength(1);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    expect(await calling).toMatchObject({ outcome: { kind: "ok" }, result: 2 });
  });

  test("ten times under load loses no call, runs none twice, and has a successor", async () => {
    await open();
    await rig.deploy({ name: "busy" }, { "index.ts": "export default (n) => n;" });
    let isDone = false;
    const forks = () => starts("busy").filter((how) => how !== "boot").length;
    const killing = (async () => {
      for (let killed = 0; killed < 10; killed++) {
        const before = forks();
        await expect.poll(forks, { timeout: 20_000, interval: 10 }).toBeGreaterThan(before + 10);
        for (const pid of await zygotePids()) process.kill(pid, "SIGKILL");
      }
    })().finally(() => {
      isDone = true;
    });
    const answers: unknown[] = [];
    let count = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isDone) {
          const n = count++;
          const { outcome, result } = await rig.call("busy", n);
          answers.push(outcome.kind === "ok" && result === n ? "ok" : { outcome, result, n });
        }
      }),
    );
    await killing;
    expect(answers.filter((answer) => answer !== "ok")).toEqual([]);
    await expect.poll(() => rig.gauges.slots().busy, { timeout: 10_000 }).toBe(0);
    expect(starts("busy")).toHaveLength(count);
    expect(rig.attempts.filter(({ name }) => name === "busy")).toHaveLength(count);
    expect(rig.gauges.leaked()).toEqual({ processes: 0, cgroups: 0, mounts: 0, netns: 0 });
  });
});

test("a zygote is replaced after its forks, with a copy for every call", async () => {
  await open({ env: { MAYFLY_ZYGOTE_MAX_FORKS: "20" } });
  await rig.deploy({ name: "hello" }, { "index.ts": "export default () => 1;" });
  const before = await zygotePids();
  for (let count = 0; count < 100; count++) {
    expect((await rig.call("hello")).outcome.kind).toBe("ok");
  }
  expect(starts("hello")).not.toContain("boot");
  // The last one may have come just now, and the one before it be on its way.
  await expect.poll(zygotePids, { timeout: 10_000 }).toHaveLength(1);
  expect(await zygotePids()).not.toEqual(before);
});

test("siblings draw different numbers", async () => {
  await open();
  await rig.deploy(
    { name: "draws" },
    {
      "index.ts":
        "import { randomUUID, randomInt } from 'node:crypto'; export default () => [Math.random(), randomUUID(), randomInt(2 ** 40)];",
    },
  );
  const drawn: unknown[] = [];
  for (let count = 0; count < 20; count++) drawn.push(...((await rig.call("draws")).result as unknown[]));
  expect(new Set(drawn).size).toBe(60);
  expect(starts("draws")).not.toContain("boot");
});
