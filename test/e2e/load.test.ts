import { readdir, readFile } from "node:fs/promises";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import { invocationIdOf, metricSum, type System } from "../support/system.ts";

const CALLS = 1000;
const IN_FLIGHT = 8;

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation);
    await system.deploy(
      { name: "add", runtime: "nodejs24", entry: "index.ts" },
      { "index.ts": "export default ({ a, b }) => a + b;" },
    );
  });
  afterAll(() => system[Symbol.asyncDispose]());

  test("1,000 calls at concurrency 8: all answered, one terminal state each, nothing leaked, memory and descriptors flat", {
    timeout: 240_000,
  }, async () => {
    await callMany(200);
    const before = await usage();
    const ids = await callMany(CALLS);
    expect(new Set(ids).size).toBe(CALLS);

    // A caller is answered before the tear-down, and an invocation is counted after it.
    const counted = async (labels: Record<string, string>) =>
      metricSum(await system.workerMetrics(), "mayfly_invocations_total", { function: "add", ...labels });
    await expect.poll(() => counted({ outcome: "ok" }), { timeout: 10_000 }).toBe(200 + CALLS);
    expect(await counted({})).toBe(200 + CALLS);
    expect(metricSum(await system.workerMetrics(), "mayfly_leaked_total")).toBe(0);
    for (const id of ids.slice(0, 50)) expect((await system.record(id)).state).toBe("succeeded");

    const after = await usage();
    for (const [index, name] of ["gateway", "worker"].entries()) {
      const then = before[index];
      const now = after[index];
      if (then === undefined || now === undefined) throw new Error("no usage");
      // V8 keeps what it has once taken; a leak of 20 KB a call would show as 20 MB.
      expect(now.residentBytes - then.residentBytes, `${name}'s resident memory`).toBeLessThan(
        40 * 1024 ** 2,
      );
      await expect
        .poll(() => descriptors(now.pid), { timeout: 10_000 })
        .toBeLessThanOrEqual(then.descriptors + 8);
    }
  });

  async function callMany(count: number): Promise<string[]> {
    const ids: string[] = [];
    let next = 0;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (next < count) {
          const a = next++;
          const answer = await system.call("add", { a, b: 1 });
          expect(answer.status).toBe(200);
          expect(await answer.json()).toBe(a + 1);
          ids.push(invocationIdOf(answer));
        }
      }),
    );
    return ids;
  }

  function usage() {
    const pids = [system.gateway.pid, system.workers[0]?.pid ?? 0];
    return Promise.all(
      pids.map(async (pid) => ({
        pid,
        residentBytes: await residentBytes(pid),
        descriptors: await descriptors(pid),
      })),
    );
  }

  async function residentBytes(pid: number): Promise<number> {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  async function descriptors(pid: number): Promise<number> {
    return (await readdir(`/proc/${pid}/fd`)).length;
  }

  test("they were", async () => {
    expect(await startsOf(system)).toEqual({ someForked: isolation === "fork", bootsInstead: 0 });
  });
});
