import { Queue, QueueEvents } from "bullmq";
import { eventOf, expectedJson } from "../workload/expected.ts";
import { type Driver, verify } from "./driver.ts";
import { connectionOf } from "./redis-connection.ts";

/** A producer that knows nothing of Mayfly but the name of the queue, and waits for each `returnvalue`. */
export async function openProducer(redisUrl: string, name: string): Promise<Driver> {
  return openQueue({ redisUrl, prefix: "mayfly", queue: `{${name}}` });
}

/** Whoever works on the queue, its jobs' results are waited for in BullMQ's own way. */
export async function openQueue(of: { redisUrl: string; prefix: string; queue: string }): Promise<Driver> {
  const options = { connection: connectionOf(of.redisUrl), prefix: of.prefix };
  const expected = expectedJson("hello");
  const queue = new Queue(of.queue, options);
  const events = new QueueEvents(of.queue, options);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  return {
    async call(call) {
      const event = eventOf(call);
      const job = await queue.add("bench", event);
      verify(event.n, JSON.stringify(await job.waitUntilFinished(events, 30_000)), expected);
      return performance.now();
    },
    async close() {
      await Promise.all([queue.close(), events.close()]);
    },
  };
}
