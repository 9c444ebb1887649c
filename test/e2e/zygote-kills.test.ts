import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { zygotesOf } from "../support/process-usage.ts";
import { startSystemBy } from "../support/started-by.ts";
import { metricSum, type System } from "../support/system.ts";

const KILLS = 10;
const FORKS_BETWEEN = 10;

let system: System;
beforeAll(async () => {
  system = await startSystemBy("fork");
  await system.deploy(
    { name: "echo", runtime: "nodejs24", entry: "index.ts" },
    {
      "index.ts":
        "export default async ({ n }) => { await new Promise((resolve) => setTimeout(resolve, n % 20)); return n; };",
    },
  );
});
afterAll(() => system[Symbol.asyncDispose]());

const zygotes = () => zygotesOf(system.workers[0]?.pid ?? 0);

async function forksSoFar(): Promise<number> {
  const text = await system.workerMetrics();
  return ["parked", "onDemand"].reduce(
    (sum, how) => sum + metricSum(text, "mayfly_starts_total", { how }),
    0,
  );
}

/** Kills each zygote that is there, and waits until its successor has made copies. */
async function killZygotes(): Promise<void> {
  const before = await forksSoFar();
  for (const pid of await zygotes()) process.kill(pid, "SIGKILL");
  await expect.poll(forksSoFar, { timeout: 30_000, interval: 20 }).toBeGreaterThan(before + FORKS_BETWEEN);
}

describe("ten kills of the zygote under load", { timeout: 180_000 }, () => {
  let isDone = false;
  const wrong: string[] = [];
  const accepted: string[] = [];

  test("lose no synchronous call, and each is answered with its own result", async () => {
    let next = 0;
    const callers = Array.from({ length: 3 }, async () => {
      while (!isDone) {
        const n = next++;
        const answer = await system.call("echo", { n });
        const text = await answer.text();
        if (!answer.ok || text !== String(n)) wrong.push(`${n}: ${answer.status} ${text}`);
      }
    });
    const enqueuer = (async () => {
      while (!isDone) {
        const answer = await fetch(`${system.url}/async-function/echo`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ n: accepted.length }),
        });
        accepted.push(((await answer.json()) as { id: string }).id);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    })();
    try {
      for (let kills = 0; kills < KILLS; kills++) await killZygotes();
    } finally {
      isDone = true;
      await Promise.all([...callers, enqueuer]);
    }
    expect(wrong).toEqual([]);
    expect(next).toBeGreaterThan(KILLS * FORKS_BETWEEN);
  });

  test("lose no asynchronous one, and use up no attempt", async () => {
    expect(accepted.length).toBeGreaterThan(0);
    const records = await Promise.all(accepted.map((id) => system.record(id)));
    for (const [n, record] of records.entries()) {
      expect(record).toMatchObject({ state: "succeeded", result: n });
      expect(record.attempts).toHaveLength(1);
    }
  });

  test("leave one zygote, and nothing else", async () => {
    await expect.poll(zygotes, { timeout: 10_000 }).toHaveLength(1);
    const text = await system.workerMetrics();
    expect(metricSum(text, "mayfly_leaked_total")).toBe(0);
    const opened = { runtime: "nodejs24", event: "opened" };
    expect(metricSum(text, "mayfly_zygote_events_total", opened)).toBeGreaterThan(KILLS);
  });
});
