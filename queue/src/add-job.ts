import type { Lane } from "@mayfly/store";
import type { JobsOptions } from "bullmq";
import type { Redis } from "ioredis";
import type { BullQueues } from "./bull-queues.ts";
import type { Ready } from "./ready.ts";

export interface NewJob {
  readonly functionName: string;
  readonly lane: Lane;
  readonly id: string;
  readonly dataJson: string;
  readonly options: JobsOptions & { readonly mayfly: string };
}

/**
 * Adds jobs and tells the workers of them. Both are sent at once, the job first, so that whoever is woken finds it.
 *
 * Not so while Redis may lack BullMQ's script, after a start of either side: then the script is sent a second time,
 * with its text, and would arrive after the hint.
 */
export function createAdder(redis: Redis, queues: BullQueues, ready: Ready): (job: NewJob) => Promise<void> {
  const known = new Set<"plain" | "prioritized">();
  redis.on("close", () => known.clear());

  return async ({ functionName, lane, id, dataJson, options }) => {
    const added = queues.get(functionName, lane).add(id, functionName, dataJson, options);
    const delayMs = options.delay ?? 0;
    if (delayMs > 0) {
      await added;
      ready.hintAt(functionName, lane, Date.now() + delayMs);
      return;
    }
    const script = (options.priority ?? 0) > 0 ? "prioritized" : "plain";
    if (!known.has(script)) {
      await added;
      known.add(script);
    }
    await Promise.all([added, ready.hint(functionName, lane)]);
  };
}
