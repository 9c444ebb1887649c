import { join } from "node:path";
import { Worker } from "bullmq";
import { WORKLOAD } from "../peers/peer.ts";
import type { Driver } from "./driver.ts";
import { openQueue } from "./producer.ts";
import { connectionOf } from "./redis-connection.ts";

/** BullMQ's own way to run a function outside of its worker: one kept process for each job in flight. */
export async function openSandboxedProcessor(redisUrl: string, inFlight: number): Promise<Driver> {
  const of = { redisUrl, prefix: "bench", queue: "sandboxed" };
  const caller = await openQueue(of);
  const worker = new Worker(of.queue, join(WORKLOAD, "processor.cjs"), {
    connection: connectionOf(redisUrl),
    prefix: of.prefix,
    concurrency: inFlight,
  });
  await worker.waitUntilReady();
  return {
    call: (n) => caller.call(n),
    async close() {
      await worker.close();
      await caller.close();
    },
  };
}
