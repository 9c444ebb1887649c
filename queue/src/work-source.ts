import { connectRedis, keys, type Lane } from "@mayfly/store";
import type { Redis } from "ioredis";

/** How long one wait lasts; a connection that is silent for three of them is dead. */
const WAIT_SECONDS = 5;
const DEAD_SOCKET_MS = 3 * WAIT_SECONDS * 1000;
/** Every so many hints, async work goes before sync calls: a flood of these must not starve it. */
const ASYNC_FIRST_EVERY = 8;
/** So many producers' queues are watched, each for so long after its last job: every one makes each wake dearer. */
const MAX_WATCHED = 32;
const WATCHED_MS = 60_000;

const SYNC_FIRST = [keys.readyKey("sync"), keys.readyKey("async")];
const ASYNC_FIRST = SYNC_FIRST.toReversed();

export interface Hint {
  readonly functionName: string;
  readonly lane: Lane;
}

/**
 * Tells which function may have work, over a connection of its own that blocks.
 *
 * Producers give no hints. The sweep finds their jobs; and where it found some, BullMQ's own marker of that queue is
 * waited for too, so that whoever sends one job after the other need not wait for a sweep each time.
 */
export class WorkSource {
  readonly #redis: Redis;
  readonly #control: Redis;
  /** By marker key: the function, and until when it is watched. */
  readonly #watched = new Map<string, { functionName: string; until: number }>();
  #clientId: number | null = null;
  #count = 0;

  /** @param control another connection, which can end a wait of this one */
  constructor(redisUrl: string, control: Redis) {
    this.#control = control;
    this.#redis = connectRedis(redisUrl, "worker", { socketTimeout: DEAD_SOCKET_MS });
    this.#redis.on("close", () => {
      this.#clientId = null;
    });
  }

  /** Waits for a hint, for some seconds at most. */
  async next(): Promise<Hint | null> {
    this.#clientId ??= await this.#redis.client("ID");
    this.#forgetOld();
    const ready = ++this.#count % ASYNC_FIRST_EVERY === 0 ? ASYNC_FIRST : SYNC_FIRST;
    const popped = await this.#redis.bzpopmin(...ready, ...this.#watched.keys(), WAIT_SECONDS);
    if (popped === null) return null;
    const [key, name] = popped;
    const marked = this.#watched.get(key);
    if (marked !== undefined) return { functionName: marked.functionName, lane: "async" };
    return { functionName: name, lane: key === keys.readyKey("sync") ? "sync" : "async" };
  }

  /** A producer's job was found in this function's queue: more may follow. */
  watch(functionName: string): void {
    const key = keys.bullKey(functionName, "async", "marker");
    const isNew = !this.#watched.has(key);
    if (isNew && this.#watched.size >= MAX_WATCHED) return;
    this.#watched.set(key, { functionName, until: Date.now() + WATCHED_MS });
    if (isNew) this.#wake().catch(() => {});
  }

  close(): void {
    this.#redis.disconnect();
  }

  /** Ends the present wait, so that the next one knows all the keys. */
  async #wake(): Promise<void> {
    if (this.#clientId !== null) await this.#control.client("UNBLOCK", this.#clientId);
  }

  #forgetOld(): void {
    const now = Date.now();
    for (const [key, { until }] of this.#watched) if (until < now) this.#watched.delete(key);
  }
}
