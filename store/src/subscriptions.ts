import type { Redis } from "ioredis";
import { connectRedis } from "./connect.ts";

export type Listener = (message: string) => void;

/**
 * Pub/sub for a whole process over one connection. Messages are lost while Redis is away, so whoever keeps state by
 * them also listens to `onReconnect`.
 */
export class Subscriptions {
  readonly #redis: Redis;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #reconnected = new Set<() => void>();

  constructor(redisUrl: string) {
    this.#redis = connectRedis(redisUrl, "worker");
    this.#redis.on("message", (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
    let connectedBefore = false;
    this.#redis.on("ready", () => {
      if (connectedBefore) for (const listener of this.#reconnected) listener();
      connectedBefore = true;
    });
  }

  /** @returns what ends the subscription */
  async add(channel: string, listener: Listener): Promise<() => Promise<void>> {
    let listeners = this.#listeners.get(channel);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(channel, listeners);
    }
    listeners.add(listener);
    // Asked again even where others listen already: the answer tells that it is in force.
    await this.#redis.subscribe(channel);
    return async () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      await this.#redis.unsubscribe(channel).catch(() => {});
    };
  }

  /** Calls back after every reconnection, when messages may have been missed. */
  onReconnect(listener: () => void): void {
    this.#reconnected.add(listener);
  }

  close(): void {
    this.#redis.disconnect();
  }
}
