import { connectRedis, keys, type Store, Subscriptions } from "@mayfly/store";
import { BUILDS } from "./build-call.ts";
import { BullQueues } from "./bull-queues.ts";
import type { HeldJob } from "./held-job.ts";
import { Locks } from "./locks.ts";
import { Permits } from "./permits.ts";
import { Ready } from "./ready.ts";
import { runBuild } from "./run-build.ts";
import { runJob } from "./run-job.ts";
import { Slots } from "./slots.ts";
import { createSweeper, SWEEP_EVERY_MS } from "./sweeper.ts";
import { takeJob } from "./take.ts";
import { atMost, every } from "./timing.ts";
import type { Dispatcher, DispatcherOptions } from "./types.ts";
import { type Hint, WorkSource } from "./work-source.ts";
import { HEARTBEAT_MS, tellAlive, tellGone } from "./workers.ts";

/** Stalled checks of one queue are no closer together, so a dead worker's job waits for at most its lock and this. */
const STALLED_CHECK_MS = 1000;
/** How often a job may cost its worker's life before BullMQ too gives up on it; our own count ends it earlier. */
const MAX_STALLED = 10;
/** After an error, so long until the next try. */
const PAUSE_MS = 200;
/** Redis may be away when we leave; then what we would have told it runs out by itself. */
const FAREWELL_MS = 1000;
/** What was told to stop at the end of a drain has so long to do so. */
const STOP_WITHIN_MS = 5000;

/**
 * Starts taking jobs: one for each free slot, from the queues of all functions in turn, over three connections (one
 * waits for hints, one does everything else, one listens).
 */
export async function startDispatcher(
  redisUrl: string,
  store: Store,
  options: DispatcherOptions,
): Promise<Dispatcher> {
  const { workerId, lockMs, observer, handle } = options;
  const onError = options.onError ?? (() => {});
  const holdMs = Math.max(1000, lockMs - STALLED_CHECK_MS);
  const redis = connectRedis(redisUrl, "worker");
  const source = new WorkSource(redisUrl, redis);
  const subscriptions = new Subscriptions(redisUrl);
  const queues = await BullQueues.open(redis, {
    lockDuration: holdMs,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MAX_STALLED,
  });
  const ready = new Ready(redis);
  const permits = new Permits(redis, holdMs);
  const slots = new Slots(options.slots);
  const locks = new Locks(redis, permits, holdMs, (error) => onError(error, "renewing locks"));
  const deps = { redis, store, queues, ready, source, permits, workerId, observer, onError, handle };
  let taking = true;

  await subscriptions.add(keys.cancelChannel, (id) => locks.byId(id)?.stop("cancelled"));
  await tellAlive(redis, workerId);
  const repeated = [
    every(SWEEP_EVERY_MS, createSweeper(deps), (error) => onError(error, "sweeping")),
    every(
      HEARTBEAT_MS,
      () => tellAlive(redis, workerId),
      (error) => onError(error, "telling that it lives"),
    ),
  ];

  const takeAndRun = async (hint: Hint): Promise<void> => {
    const held = await takeJob(deps, hint);
    if (held === null) return;
    locks.held.add(held);
    try {
      if (hint.functionName === BUILDS) await runBuild(redis, options.build, held);
      else await runJob(deps, held);
    } finally {
      locks.held.delete(held);
    }
  };

  const takeOne = async (): Promise<void> => {
    await slots.free();
    if (!taking) return;
    const hint = await source.next();
    if (hint === null) return;
    if (!taking) return await ready.hint(hint.functionName, hint.lane);
    slots
      .use(() => takeAndRun(hint))
      .catch((error: unknown) => onError(error, `running a job of ${hint.functionName}`));
  };

  const looping = (async () => {
    while (taking) {
      try {
        await takeOne();
      } catch (error) {
        if (!taking) return;
        onError(error, "waiting for work");
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  })();

  /** Gives back what has not begun; what has is told to stop. */
  const letGo = async (held: HeldJob): Promise<void> => {
    const { functionName, lane } = held.queue;
    if (held.enteredAt === null && functionName !== BUILDS) {
      held.handedBack = true;
      await permits.giveBack(functionName, held.token);
      await held.queue.handBack(held.job.id, held.token);
      await ready.hint(functionName, lane);
    }
    held.stop("draining");
  };

  const drain = async (graceMs: number): Promise<void> => {
    taking = false;
    slots.wake();
    source.close();
    // Where Redis is away, ioredis forgets a command that waits for the reconnection: it never ends.
    await atMost(FAREWELL_MS, looping);
    for (const stop of repeated) stop();
    await atMost(FAREWELL_MS, tellGone(redis, workerId));
    if (!(await slots.idleWithin(graceMs))) {
      const lettingGo = [...locks.held].map((held) =>
        letGo(held).catch((error: unknown) => onError(error, "handing a job back")),
      );
      await atMost(FAREWELL_MS, Promise.all(lettingGo));
      await slots.idleWithin(STOP_WITHIN_MS);
    }
    locks.close();
    ready.close();
    subscriptions.close();
    redis.disconnect();
  };

  let drained: Promise<void> | null = null;
  return {
    slots,
    drain(graceMs) {
      drained ??= drain(graceMs);
      return drained;
    },
  };
}
