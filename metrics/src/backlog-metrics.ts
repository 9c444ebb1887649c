import { Gauge } from "prom-client";
import type { Instruments } from "./instruments.ts";

/** The queue of one function: jobs by BullMQ's state, and how long the oldest waiting one has waited. */
export interface FunctionBacklog {
  readonly function: string;
  readonly jobs: Readonly<Record<string, number>>;
  readonly oldestAgeSeconds: number;
}

export type BacklogReader = () => Promise<readonly FunctionBacklog[]>;

/** A scrape waits no longer than this for Redis: Prometheus gives up after 10 s and would call the gateway down. */
const READ_WITHIN_MS = 3000;

/**
 * Queue lengths, read afresh for each scrape.
 *
 * @returns what reads them; it never rejects. While Redis does not answer the series are absent, since a stale length
 *   looks like a healthy one, and `mayfly_backlog_up` is 0.
 */
export function createBacklogMetrics(instruments: Instruments, read: BacklogReader): () => Promise<void> {
  const registers = [instruments.registry];
  const jobs = new Gauge({
    name: "mayfly_queue_jobs",
    help: "Jobs of a function's queue, by state.",
    labelNames: ["function", "state"],
    registers,
  });
  const oldestAge = new Gauge({
    name: "mayfly_queue_oldest_age_seconds",
    help: "How long the oldest waiting job of a function has waited; 0 where none waits.",
    labelNames: ["function"],
    registers,
  });
  const up = new Gauge({
    name: "mayfly_backlog_up",
    help: "1 where the queues could be read for this scrape, else 0.",
    registers,
  });
  return async () => {
    const backlog = await within(READ_WITHIN_MS, read()).catch(() => null);
    jobs.reset();
    oldestAge.reset();
    up.set(backlog === null ? 0 : 1);
    if (backlog === null) return;
    instruments.retainFunctions(backlog.map((queue) => queue.function));
    const oldest = new Map<string, number>();
    for (const queue of backlog) {
      const label = instruments.labelFor(queue.function);
      for (const [state, count] of Object.entries(queue.jobs)) jobs.inc({ function: label, state }, count);
      oldest.set(label, Math.max(oldest.get(label) ?? 0, queue.oldestAgeSeconds));
    }
    for (const [label, age] of oldest) oldestAge.set({ function: label }, age);
  };
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  return await Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
