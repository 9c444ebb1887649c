import type { Redis } from "ioredis";
import type { BullQueue } from "./bull-queues.ts";

/**
 * BullMQ writes each `returnvalue` into the queue's events stream too and caps that by number alone: 10,000 results of
 * 6 MiB would be 60 GB. So after a large one the stream is cut to as many of its size as fit in here.
 */
const STREAM_BYTES = 32 * 1024 ** 2;
const BULLMQ_MAX_EVENTS = 10_000;
/** A listener must be able to read the event that it waits for. */
const MIN_EVENTS = 16;

export async function trimEvents(redis: Redis, queue: BullQueue, resultBytes: number): Promise<void> {
  const fitting = Math.floor(STREAM_BYTES / Math.max(1, resultBytes));
  if (fitting >= BULLMQ_MAX_EVENTS) return;
  await redis.xtrim(queue.key("events"), "MAXLEN", Math.max(MIN_EVENTS, fitting));
}
