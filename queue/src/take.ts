import { randomUUID } from "node:crypto";
import type { Store } from "@mayfly/store";
import { BUILDS } from "./build-call.ts";
import type { BullQueue, BullQueues } from "./bull-queues.ts";
import { HeldJob } from "./held-job.ts";
import type { Permits } from "./permits.ts";
import type { Ready } from "./ready.ts";
import type { Hint, WorkSource } from "./work-source.ts";

export interface TakeDeps {
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
  const { job, more, rateLimitedMs, delayedUntil } = await queue.take(token, workerId);
  if (job === null) {
    if (most !== undefined) await permits.giveBack(functionName, token);
    if (rateLimitedMs > 0) ready.hintAt(functionName, lane, Date.now() + rateLimitedMs);
    else if (delayedUntil > 0) ready.hintAt(functionName, lane, delayedUntil);
    return null;
  }
  const isProducers = job.opts.mayfly === undefined;
  if (isProducers && version !== null) deps.source.watch(functionName);
  hintIfMore(ready, queue, more).catch((error: unknown) =>
    deps.onError(error, `looking for more of ${functionName}`),
  );
  const held = new HeldJob(queue, job, token);
  queue.scheduleNext(job).catch((error: unknown) => deps.onError(error, `scheduling the next ${job.name}`));
  return held;
}

/** Nobody waits for that: the job at hand goes first. */
async function hintIfMore(ready: Ready, { functionName, lane }: BullQueue, more: Promise<boolean>) {
  if (await more) await ready.hint(functionName, lane);
}
