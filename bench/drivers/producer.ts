import { Queue, QueueEvents } from "bullmq";
import { type Driver, FUNCTION_NAME, verify } from "./driver.ts";
import { connectionOf } from "./redis-connection.ts";

/** A producer that knows nothing of Mayfly but the name of the queue, and waits for each `returnvalue`. */
export async function openProducer(redisUrl: string): Promise<Driver> {
  const options = { connection: connectionOf(redisUrl), prefix: "mayfly" };
  const queue = new Queue(`{${FUNCTION_NAME}}`, options);
  const events = new QueueEvents(`{${FUNCTION_NAME}}`, options);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  return {
    async call(n) {
      const job = await queue.add("bench", { n });
      verify(n, await job.waitUntilFinished(events, 30_000));
      return performance.now();
    },
    async close() {
      await Promise.all([queue.close(), events.close()]);
    },
  };
}
