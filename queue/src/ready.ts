import { keys, type Lane } from "@mayfly/store";
import type { Redis } from "ioredis";

/** setTimeout cannot wait longer; the sweep finds what is due later. */
const MAX_TIMER_MS = 60_000;

/**
 * Which functions have work: a name in a sorted set for each lane, scored by the time of the hint. Whoever takes a
 * name takes one job of it and puts the name back where more wait, so the functions take turns over all workers,
 * and the cost of a job does not depend on how many functions there are.
 *
 * A hint that is lost (a worker died with it) is found again by the sweep.
 */
export class Ready {
  readonly #redis: Redis;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async hint(functionName: string, lane: Lane): Promise<void> {
    await this.#redis.zadd(keys.readyKey(lane), "NX", Date.now(), functionName);
  }

  /** Hints when the time has come, where that is soon. */
  hintAt(functionName: string, lane: Lane, time: number): void {
    const delayMs = Math.max(0, time - Date.now());
    if (delayMs > MAX_TIMER_MS) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.hint(functionName, lane).catch(() => {});
    }, delayMs);
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
