import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;
afterEach(() => rig[Symbol.asyncDispose]());

const SLOW = `
const began = Date.now();
while (Date.now() - began < 300);
const once = Math.random();
const ids = [crypto.randomUUID()];
const secret = process.env.TOKEN ?? "none";
let calls = 0;
export default async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  return { once, secret, calls: ++calls, own: [Math.random(), crypto.randomUUID()], up: process.uptime(), pid: process.pid };
};`;

const deploy = (name: string, code: string, manifest: object = {}) =>
  rig.deploy({ name, isolation: "fork", snapshot: true, ...manifest }, { "index.ts": code });

interface Answer {
  readonly once: number;
  readonly own: readonly unknown[];
  readonly up: number;
}
const call = async (name: string) => (await rig.call(name)).result as Answer;

/** Calls it until two calls in a row were copies of the same memory. */
async function untilSnapshot(name: string): Promise<Answer> {
  let before: Answer | null = null;
  for (let i = 0; i < 40; i++) {
    const answer = await call(name);
    if (answer.once === before?.once) return answer;
    before = answer;
    await sleep(100);
  }
  throw new Error("it is never a copy of a snapshot");
}

test("module scope runs once, and each call is a process of its own with its own randomness", async () => {
  rig = await openRig({ env: { MAYFLY_SNAPSHOTS: "4" } });
  await deploy("slow", SLOW);
  const first = await untilSnapshot("slow");
  const began = performance.now();
  const second = await call("slow");
  expect(performance.now() - began).toBeLessThan(250);
  expect(second).toMatchObject({ once: first.once, calls: 1, secret: "none", pid: 2 });
  expect(second.up).toBeLessThan(1);
  for (const at of [0, 1]) expect(second.own[at]).not.toBe(first.own[at]);
}, 30_000);

test("a module scope that leaves something at work is told of, and calls load it themselves", async () => {
  rig = await openRig({ env: { MAYFLY_SNAPSHOTS: "4" } });
  await deploy(
    "busy",
    "setInterval(() => {}, 1000); const once = Math.random(); export default () => ({ once });",
  );
  const seen = new Set<number>();
  for (let i = 0; i < 4; i++) {
    seen.add((await call("busy")).once);
    await sleep(200);
  }
  expect(seen.size).toBe(4);
}, 30_000);
