import { MayflyError } from "@mayfly/contract";
import { keys, LANES } from "@mayfly/store";
import type { Redis } from "ioredis";

interface Seen {
  waiting: number;
  /** Admitted since the last count was asked for, and before that since the one before: it may not know of them. */
  recent: number;
  older: number;
  at: number;
}

/** A count this old says nothing any more. */
const FRESH_MS = 1000;

/**
 * Back-pressure: refuses calls of a function for which too many wait already. It counts in Redis once a second and
 * estimates in between, rather too high than too low, so that a call pays no round trip for it until the limit is
 * near. Several gateways may together exceed it by what they accept within that second.
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
    const seen = this.#seenOf(functionName);
    if (seen.waiting + seen.older + seen.recent >= this.#maxWaiting) {
      await this.#count(functionName, seen);
      if (seen.waiting >= this.#maxWaiting)
        throw tooManyWaiting(functionName, seen.waiting, this.#maxWaiting);
    } else if (Date.now() - seen.at > FRESH_MS) {
      this.#count(functionName, seen).catch(() => {});
    }
    seen.recent++;
  }

  #seenOf(functionName: string): Seen {
    let seen = this.#seen.get(functionName);
    if (seen === undefined) {
      seen = { waiting: 0, recent: 0, older: 0, at: 0 };
      this.#seen.set(functionName, seen);
    }
    return seen;
  }

  async #count(functionName: string, seen: Seen): Promise<void> {
    seen.at = Date.now();
    seen.older = seen.recent;
    seen.recent = 0;
    const counts = await Promise.all(
      LANES.flatMap((lane) => [
        this.#redis.llen(keys.bullKey(functionName, lane, "wait")),
        this.#redis.zcard(keys.bullKey(functionName, lane, "prioritized")),
      ]),
    );
    seen.waiting = counts.reduce((sum, count) => sum + count, 0);
  }
}

function tooManyWaiting(functionName: string, waiting: number, limit: number): MayflyError {
  return new MayflyError(
    "tooManyWaiting",
    `${waiting} calls of "${functionName}" wait already. Try again later, or start more workers.`,
    { facts: { function: functionName, waiting, limit } },
  );
}
