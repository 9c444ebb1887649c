import { randomUUID } from "node:crypto";
import { connectRedis, keys, type Lane, type Store, Subscriptions } from "@mayfly/store";
import { BUILDS } from "./build-call.ts";
import { BullQueues } from "./bull-queues.ts";
import { HeldJob } from "./held-job.ts";
import { Locks } from "./locks.ts";
import { Permits } from "./permits.ts";
import { Ready } from "./ready.ts";
import { every } from "./repeat.ts";
import { runBuild } from "./run-build.ts";
import { runJob } from "./run-job.ts";
import { Slots } from "./slots.ts";
import { createSweeper, SWEEP_EVERY_MS } from "./sweeper.ts";
import type { Dispatcher, DispatcherOptions } from "./types.ts";
import { HEARTBEAT_MS, tellAlive, tellGone } from "./workers.ts";

/** Stalled checks of one queue are no closer together, so a dead worker's job waits for at most its lock and this. */
const STALLED_CHECK_MS = 1000;
/** How often a job may cost its worker's life before BullMQ too gives up on it; our own count ends it earlier. */
const MAX_STALLED = 10;
/** How long one wait for a hint lasts; a connection that is silent for longer is dead. */
const WAIT_SECONDS = 5;
const DEAD_SOCKET_MS = 3 * WAIT_SECONDS * 1000;
/** Every so many takes, async work goes before sync calls: a flood of these must not starve it. */
const ASYNC_FIRST_EVERY = 8;
/** After an error, so long until the next try. */
const PAUSE_MS = 200;
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
  const waiting = connectRedis(redisUrl, "worker", { socketTimeout: DEAD_SOCKET_MS });
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
  const deps = { redis, store, ready, workerId, observer, onError, handle };
  let taking = true;

  await subscriptions.add(keys.cancelChannel, (id) => locks.byId(id)?.stop("cancelled"));
  await tellAlive(redis, workerId);
  const sweep = createSweeper({ redis, store, queues, ready, workerId });
  const repeated = [
    every(SWEEP_EVERY_MS, sweep, (error) => onError(error, "sweeping")),
    every(
      HEARTBEAT_MS,
      () => tellAlive(redis, workerId),
      (error) => onError(error, "telling that it lives"),
    ),
  ];

  /** Takes one job of a function, if there is one and it may run now. */
  const take = async (name: string, lane: Lane): Promise<HeldJob | null> => {
    const version = name === BUILDS ? null : await store.functions.latest(name);
    if (version === null && name !== BUILDS) return null;
    const token = `${workerId}:${randomUUID()}`;
    const most = version?.manifest.concurrency;
    if (most !== undefined && !(await permits.take(name, token, most))) return null;
    const queue = queues.get(name, lane);
    const { job, rateLimitedMs } = await queue.take(token, workerId);
    if (job === null) {
      if (most !== undefined) await permits.giveBack(name, token);
      if (rateLimitedMs > 0) ready.hintAt(name, lane, Date.now() + rateLimitedMs);
      return null;
    }
    hintIfMore(name, lane);
    const held = new HeldJob(queue, job, token);
    locks.held.add(held);
    queue.scheduleNext(job).catch((error: unknown) => onError(error, `scheduling the next job of ${name}`));
    return held;
  };

  /** Not waited for: the job at hand goes first. */
  const hintIfMore = (name: string, lane: Lane): void => {
    const queue = queues.get(name, lane);
    redis
      .exists(queue.key("wait"), queue.key("prioritized"))
      .then((more) => (more > 0 ? ready.hint(name, lane) : undefined))
      .catch((error: unknown) => onError(error, `looking for more of ${name}`));
  };

  const takeAndRun = async (name: string, lane: Lane): Promise<void> => {
    const held = await take(name, lane);
    if (held === null) return;
    try {
      if (name === BUILDS) await runBuild(redis, options.build, held);
      else await runJob(deps, held);
    } finally {
      locks.held.delete(held);
    }
  };

  const loop = async (): Promise<void> => {
    for (let count = 1; taking; count++) {
      await slots.free();
      if (!taking) return;
      const lanes: readonly Lane[] = count % ASYNC_FIRST_EVERY === 0 ? ["async", "sync"] : ["sync", "async"];
      const hint = await waiting.bzpopmin(...lanes.map(keys.readyKey), WAIT_SECONDS);
      if (hint === null) continue;
      const [key, name] = hint;
      const lane = key === keys.readyKey("sync") ? "sync" : "async";
      if (!taking) return await ready.hint(name, lane);
      slots
        .use(() => takeAndRun(name, lane))
        .catch((error: unknown) => onError(error, `running a job of ${name}`));
    }
  };
  const looping = (async () => {
    while (taking) {
      try {
        await loop();
      } catch (error) {
        if (!taking) return;
        onError(error, "waiting for work");
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  })();

  /** Gives back what has not begun; what has is told to stop. */
  const letGo = async (held: HeldJob): Promise<void> => {
    if (held.enteredAt === null && held.queue.functionName !== BUILDS) {
      held.handedBack = true;
      await permits.giveBack(held.queue.functionName, held.token);
      await held.queue.handBack(held.job.id, held.token);
      await ready.hint(held.queue.functionName, held.queue.lane);
    }
    held.stop("draining");
  };

  let drained: Promise<void> | null = null;
  const drain = async (graceMs: number): Promise<void> => {
    taking = false;
    slots.wake();
    waiting.disconnect();
    await looping;
    for (const stop of repeated) stop();
    await tellGone(redis, workerId);
    if (!(await slots.idleWithin(graceMs))) {
      await Promise.all(
        [...locks.held].map((held) =>
          letGo(held).catch((error: unknown) => onError(error, "handing a job back")),
        ),
      );
      await slots.idleWithin(STOP_WITHIN_MS);
    }
    locks.close();
    ready.close();
    subscriptions.close();
    if ((await redis.get(keys.sweeperKey)) === workerId) await redis.del(keys.sweeperKey);
    redis.disconnect();
  };

  return {
    slots,
    drain(graceMs) {
      drained ??= drain(graceMs);
      return drained;
    },
  };
}
