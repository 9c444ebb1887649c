import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { eventOf, expectedJson } from "../workload/expected.ts";
import { type Driver, verify } from "./driver.ts";
import { connectionOf, redisOf } from "./redis-connection.ts";

const PREFIX = "bench";
const QUEUE = "bare";
const REPLIES = "bench:replies";

/**
 * The least that a call through BullMQ can take: `add`, a worker in this very process whose processor does the work at
 * once, and the reply by publish and subscribe. What Mayfly adds to it is Mayfly's.
 */
export async function openBareBullmq(redisUrl: string, inFlight: number): Promise<Driver> {
  const options = { connection: connectionOf(redisUrl), prefix: PREFIX };
  const expected = expectedJson("hello");
  const [publisher, subscriber] = [redisOf(redisUrl), redisOf(redisUrl)];
  const replies = await openReplies(subscriber);
  const reply = async ({ id, data }: { id?: string; data: { n: number } }) => {
    await publisher.publish(REPLIES, `${id}\n${JSON.stringify({ doubled: data.n * 2 })}`);
  };
  const queue = new Queue(QUEUE, options);
  const worker = new Worker(QUEUE, reply, { ...options, concurrency: inFlight });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  return {
    async call(call) {
      const event = eventOf(call);
      const jobId = `call-${call}`;
      const answered = replies.of(jobId);
      await queue.add("bench", event, { jobId, removeOnComplete: true });
      verify(event.n, await answered, expected);
      return performance.now();
    },
    async close() {
      await worker.close();
      await queue.close();
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

async function openReplies(subscriber: Redis): Promise<{ of(id: string): Promise<string> }> {
  const waiting = new Map<string, (json: string) => void>();
  subscriber.on("message", (_channel, message) => {
    const end = message.indexOf("\n");
    const id = message.slice(0, end);
    waiting.get(id)?.(message.slice(end + 1));
    waiting.delete(id);
  });
  await subscriber.subscribe(REPLIES);
  return {
    of: (id) => new Promise((resolve) => waiting.set(id, resolve)),
  };
}
