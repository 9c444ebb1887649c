import { keys, loadScript } from "@mayfly/store";
import type { Redis } from "ioredis";

const script = loadScript(new URL("scripts/permit.lua", import.meta.url));

/**
 * A manifest's `concurrency`, over all workers and both lanes: BullMQ's own limit holds for one queue alone. A permit
 * runs out like a lock, and is renewed with it.
 */
export class Permits {
  readonly #redis: Redis;
  readonly #holdMs: number;

  constructor(redis: Redis, holdMs: number) {
    this.#redis = redis;
    this.#holdMs = holdMs;
  }

  async take(functionName: string, token: string, most: number): Promise<boolean> {
    const now = Date.now();
    const answer = await script.run(
      this.#redis,
      [keys.permitsKey(functionName)],
      [token, now, now + this.#holdMs, most],
    );
    return answer === 1;
  }

  async renew(functionName: string, token: string): Promise<void> {
    await this.#redis.zadd(keys.permitsKey(functionName), "XX", Date.now() + this.#holdMs, token);
  }

  async giveBack(functionName: string, token: string): Promise<void> {
    await this.#redis.zrem(keys.permitsKey(functionName), token);
  }
}
