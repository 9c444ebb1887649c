import { join } from "node:path";
import { Queue, QueueEvents, Worker } from "bullmq";
import { WORKLOAD } from "../peers/peer.ts";
import { type Driver, verify } from "./driver.ts";
import { connectionOf } from "./redis-connection.ts";

/** BullMQ's own way to run a function outside of its worker: one kept process for each job in flight. */
export async function openSandboxedProcessor(redisUrl: string, inFlight: number): Promise<Driver> {
  const options = { connection: connectionOf(redisUrl), prefix: "bench" };
  const queue = new Queue("sandboxed", options);
  const events = new QueueEvents("sandboxed", options);
  const worker = new Worker("sandboxed", join(WORKLOAD, "processor.cjs"), {
    ...options,
    concurrency: inFlight,
  });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
  return {
    async call(n) {
      const job = await queue.add("bench", { n });
      verify(n, await job.waitUntilFinished(events, 30_000));
      return performance.now();
    },
    async close() {
      await worker.close();
      await Promise.all([queue.close(), events.close()]);
    },
  };
}
