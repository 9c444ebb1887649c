import { MayflyError } from "@mayfly/contract";
import { keys, LANES } from "@mayfly/store";
import type { Redis } from "ioredis";

interface Seen {
  waiting: number;
  /** Added by us since that count. */
  added: number;
  at: number;
}

/** A count this old says nothing any more. */
const FRESH_MS = 1000;

/**
 * Back-pressure: refuses calls of a function for which too many wait already. It counts in Redis once a second and
 * by itself in between, so that a call pays no round trip for it; several gateways may together exceed the limit by
 * what they accept within that second.
 */
export class WaitingLimit {
  readonly #redis: Redis;
  readonly #maxWaiting: number;
  readonly #seen = new Map<string, Seen>();

  constructor(redis: Redis, maxWaiting: number) {
    this.#redis = redis;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws MayflyError `tooManyWaiting` */
  async admit(functionName: string): Promise<void> {
    let seen = this.#seen.get(functionName) ?? this.#remember(functionName, 0, 0);
    if (Date.now() - seen.at > FRESH_MS) {
      seen.at = Date.now();
      this.#count(functionName).catch(() => {});
    }
    if (seen.waiting + seen.added >= this.#maxWaiting) seen = await this.#count(functionName);
    if (seen.waiting >= this.#maxWaiting)
      throw new MayflyError(
        "tooManyWaiting",
        `${seen.waiting} calls of "${functionName}" wait already. Try again later, or start more workers.`,
        { facts: { function: functionName, waiting: seen.waiting, limit: this.#maxWaiting } },
      );
    seen.added++;
  }

  async #count(functionName: string): Promise<Seen> {
    const counts = await Promise.all(
      LANES.flatMap((lane) => [
        this.#redis.llen(keys.bullKey(functionName, lane, "wait")),
        this.#redis.zcard(keys.bullKey(functionName, lane, "prioritized")),
      ]),
    );
    return this.#remember(
      functionName,
      counts.reduce((sum, count) => sum + count, 0),
      Date.now(),
    );
  }

  #remember(functionName: string, waiting: number, at: number): Seen {
    const seen = { waiting, added: 0, at };
    this.#seen.set(functionName, seen);
    return seen;
  }
}
