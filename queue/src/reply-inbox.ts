import { randomUUID } from "node:crypto";
import type { Outcome } from "@mayfly/contract";
import { keys, type Subscriptions } from "@mayfly/store";
import type { Redis } from "ioredis";
import { decodeReply } from "./reply-message.ts";
import type { Reply } from "./types.ts";

/** How often the stored state is asked about calls whose message may have been missed. */
const LOOK_EVERY_MS = 2000;

interface Expected {
  readonly functionName: string;
  readonly since: number;
  readonly resolve: (reply: Reply) => void;
}

/** Where replies for the calls of one gateway arrive: a channel of its own, with the stored state as the fallback. */
export class ReplyInbox {
  readonly channel: string = keys.replyChannel(randomUUID());
  readonly #redis: Redis;
  readonly #expected = new Map<string, Expected>();
  #timer: NodeJS.Timeout | null = null;

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  static async open(redis: Redis, subscriptions: Subscriptions): Promise<ReplyInbox> {
    const inbox = new ReplyInbox(redis);
    await subscriptions.add(inbox.channel, (message) => inbox.#take(message));
    subscriptions.onReconnect(() => inbox.#lookFor(0));
    inbox.#timer = setInterval(() => inbox.#lookFor(LOOK_EVERY_MS), LOOK_EVERY_MS);
    inbox.#timer.unref();
    return inbox;
  }

  /** Waits for the reply to one id; `forget` ends the wait. */
  expect(id: string, functionName: string): { reply: Promise<Reply>; forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#expected.set(id, { functionName, since: Date.now(), resolve });
    return { reply: promise, forget: () => this.#expected.delete(id) };
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #take(message: string): void {
    const reply = decodeReply(message);
    this.#expected.get(reply.id)?.resolve(reply);
  }

  #lookFor(olderThanMs: number): void {
    const before = Date.now() - olderThanMs;
    for (const [id, { functionName, since }] of this.#expected)
      if (since <= before) this.#look(id, functionName).catch(() => {});
  }

  /** The answer may be known before the invocation has ended: its process is still being taken down. */
  async #look(id: string, functionName: string): Promise<void> {
    const stored = await storedReply(this.#redis, id, functionName);
    if (stored !== null) this.#expected.get(id)?.resolve(stored);
  }
}

async function storedReply(redis: Redis, id: string, functionName: string): Promise<Reply | null> {
  const [outcome, result, http] = await redis.hmget(
    keys.recordKey(functionName, id),
    "outcome",
    "result",
    "http",
  );
  if (typeof outcome !== "string") return null;
  return {
    id,
    outcome: JSON.parse(outcome) as Outcome,
    resultJson: result ?? null,
    isHttpResponse: http === "1",
    timing: null,
  };
}
