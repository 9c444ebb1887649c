import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startSystemBy } from "../support/started-by.ts";
import { invocationIdOf, type System } from "../support/system.ts";
import { tracesOf } from "../support/traces.ts";

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  const PARENT = `mayfly-crash-${process.pid}`;

  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation, { MAYFLY_CGROUP_PARENT: PARENT, MAYFLY_LOCK_MS: "3000" });
    await system.deploy(
      { name: "slow", runtime: "nodejs24", entry: "index.ts", limits: { timeoutMs: 30_000 } },
      {
        "index.ts":
          "export default async ({ ms }) => { await new Promise((resolve) => setTimeout(resolve, ms)); return 'slept'; };",
      },
    );
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const enqueue = async (ms: number) => {
    const answer = await fetch(`${system.url}/async-function/slow`, {
      method: "POST",
      body: JSON.stringify({ ms }),
      headers: { "content-type": "application/json" },
    });
    return ((await answer.json()) as { id: string }).id;
  };

  async function pidOf(id: string): Promise<number> {
    const { pid } = await vi.waitUntil(async () => {
      const record = await system.record(id, 0);
      return record.pid === undefined ? null : { pid: record.pid };
    }, 15_000);
    return pid;
  }

  describe("a worker that is killed", () => {
    test("leaves no process and no cgroup, and its accepted work ends on another", {
      timeout: 60_000,
    }, async () => {
      const victim = system.workers[0];
      if (victim === undefined) throw new Error("no worker");
      const id = await enqueue(8000);
      const pid = await pidOf(id);
      const sync = system.call("slow", { ms: 25_000 });
      await expect
        .poll(async () => (await fetch(victim.metricsUrl ?? "")).text(), { timeout: 10_000 })
        .toMatch(/mayfly_worker_slots\{[^}]*state="busy"[^}]*\} 2/);
      // Its slot is taken before user code may run, and only after that is a second run ruled out.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await victim.kill();
      await expect
        .poll(async () => (await tracesOf(PARENT)).cgroups.filter((path) => path.split(PARENT)[1] !== ""), {
          timeout: 5000,
        })
        .toEqual([]);
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");

      await system.startWorker();
      const record = await system.record(id, 30);
      expect(record).toMatchObject({ state: "succeeded", result: "slept" });

      const answer = await sync;
      expect(answer.status).toBe(503);
      expect(answer.headers.get("mayfly-outcome")).toBe("workerLost");
      expect((await system.record(invocationIdOf(answer))).attempts).toHaveLength(1);
    });
  });

  describe("when all has been stopped", () => {
    test("nothing of ours is left on the machine", { timeout: 30_000 }, async () => {
      for (const worker of system.workers) await worker.stop();
      const traces = await tracesOf(PARENT);
      expect(traces.cgroups).toEqual([]);
      expect(traces.mounts).toEqual([]);
    });
  });
});
