import { randomUUID } from "node:crypto";
import type { FunctionVersion } from "@mayfly/contract";
import type { Lane, Store } from "@mayfly/store";
import type { Redis } from "ioredis";
import { BUILDS } from "./build-call.ts";
import type { BullQueue, BullQueues } from "./bull-queues.ts";
import { HeldJob } from "./held-job.ts";
import type { Permits } from "./permits.ts";
import type { Ready } from "./ready.ts";
import type { Hint, WorkSource } from "./work-source.ts";

export interface TakeDeps {
  readonly redis: Redis;
  readonly store: Store;
  readonly queues: BullQueues;
  readonly ready: Ready;
  readonly source: WorkSource;
  readonly permits: Permits;
  readonly workerId: string;
  readonly onError: (error: unknown, doing: string) => void;
}

/**
 * Takes one job of a function, if there is one and it may run now. Whatever is the reason that there is none, the
 * function is hinted at again when that may have changed: by the end of a rate window or a delay from here, by the
 * settlement of a job where concurrency is limited, by the sweep in any case.
 */
export async function takeJob(deps: TakeDeps, { functionName, lane }: Hint): Promise<HeldJob | null> {
  const { store, queues, ready, permits, workerId } = deps;
  const version = functionName === BUILDS ? null : await store.functions.latest(functionName);
  if (version === null && functionName !== BUILDS) return null;
  const token = `${workerId}:${randomUUID()}`;
  const most = version?.manifest.concurrency;
  if (most !== undefined && !(await permits.take(functionName, token, most))) return null;

  const queue = queues.get(functionName, lane);
  const { job, rateLimitedMs, delayedUntil } = await queue.take(token, workerId);
  if (job === null) {
    if (most !== undefined) await permits.giveBack(functionName, token);
    if (rateLimitedMs > 0) ready.hintAt(functionName, lane, Date.now() + rateLimitedMs);
    else if (delayedUntil > 0) ready.hintAt(functionName, lane, delayedUntil);
    return null;
  }
  afterwards(deps, queue, version, job.opts.mayfly === undefined);
  const held = new HeldJob(queue, job, token);
  queue.scheduleNext(job).catch((error: unknown) => deps.onError(error, `scheduling the next ${job.name}`));
  return held;
}

/** What nobody waits for: the job at hand goes first. */
function afterwards(
  { redis, ready, source, onError }: TakeDeps,
  queue: BullQueue,
  version: FunctionVersion | null,
  isProducers: boolean,
): void {
  const { functionName, lane } = queue;
  if (isProducers && version !== null) source.watch(functionName);
  hintIfMore(redis, ready, queue, lane).catch((error: unknown) =>
    onError(error, `looking for more of ${functionName}`),
  );
}

async function hintIfMore(redis: Redis, ready: Ready, queue: BullQueue, lane: Lane): Promise<void> {
  const waiting = await redis.exists(queue.key("wait"), queue.key("prioritized"));
  if (waiting > 0) await ready.hint(queue.functionName, lane);
}
