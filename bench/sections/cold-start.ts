import { setTimeout } from "node:timers/promises";
import { ascending, quantile, rounded } from "../statistics/quantile.ts";
import type { BenchSystem, Systems } from "../systems.ts";
import { processTree } from "./process-tree.ts";

/** First calls of one kind. */
export interface ColdFigures {
  readonly after: string;
  readonly calls: number;
  readonly p50Ms: number;
  readonly worstMs: number;
}

/** Longer than the zygote of the system `soon-recycled` lives. */
const IDLE_MS = 2500;

export async function measureColdStart(systems: Systems, tries: number): Promise<ColdFigures[]> {
  const running = await systems.get("soon-recycled");
  const { system } = running;
  const name = await running.function({ workload: "hello", isolation: "fork" });
  await callOnce(running, name);
  const after = async (what: string, makeCold: () => Promise<unknown>): Promise<ColdFigures> => {
    const latencies: number[] = [];
    for (let i = 0; i < tries; i++) {
      await makeCold();
      latencies.push(await callOnce(running, name));
    }
    const sorted = ascending(latencies);
    return { after: what, calls: tries, p50Ms: quantile(sorted, 0.5), worstMs: quantile(sorted, 1) };
  };
  return [
    await after("so long a rest that the zygote was too old", () => setTimeout(IDLE_MS)),
    await after("the kill of every zygote", async () => {
      for (const pid of (await processTree(system)).zygotes) process.kill(pid, "SIGKILL");
    }),
    await after("the start of the worker", async () => {
      await system.workers.at(-1)?.stop();
      await system.startWorker();
    }),
  ];
}

async function callOnce({ system }: BenchSystem, name: string): Promise<number> {
  const calledAt = performance.now();
  const answer = await system.call(name, { n: 1 });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${name} answered ${answer.status} ${body}`);
  return rounded(performance.now() - calledAt);
}
