import type { Attempt, FunctionVersion, GatewayOption, Outcome } from "@mayfly/contract";
import { keys, loadScript } from "@mayfly/store";
import type { Redis } from "ioredis";
import type { BullJob, BullQueue } from "./bull-queues.ts";
import { encodeHeader } from "./reply-message.ts";
import type { Reply } from "./types.ts";

const enterScript = loadScript(new URL("scripts/enter.lua", import.meta.url));
const replyScript = loadScript(new URL("scripts/reply.lua", import.meta.url));

/** Why user code may not run. `lost`: another has the job. `ended`: its record says that it is over. */
export type Refusal = "lost" | "ended" | "cancelled" | "expired";

/** Why a run is told to stop. */
export type StopReason = "cancelled" | "lockLost" | "draining";

/** What is known of an invocation before its attempt begins. */
export interface HeldFacts {
  readonly id: string;
  readonly acceptedAt: number;
  readonly gateway: GatewayOption | null;
}

/** A job that this worker holds the lock of, from its take to its settlement: one attempt. */
export class HeldJob {
  readonly queue: BullQueue;
  readonly job: BullJob;
  /** Fences the attempt: what carries another token is not ours to write. */
  readonly token: string;
  readonly takenAt: number = Date.now();
  readonly stopping = new AbortController();
  facts: HeldFacts;
  function: FunctionVersion | null = null;
  attempt = 1;
  /** Attempts of before that a worker did not live to write down. */
  lostAttempts: Attempt[] = [];
  ourFailures = 0;
  enteredAt: number | null = null;
  refusal: Refusal | null = null;
  handedBack = false;
  /** The reply, if there was one, is kept in the record once this resolves. */
  replySent: Promise<void> = Promise.resolve();
  #replied: Outcome | null = null;

  constructor(queue: BullQueue, job: BullJob, token: string) {
    this.queue = queue;
    this.job = job;
    this.token = token;
    this.facts = {
      id: keys.producerId(queue.functionName, job.id),
      acceptedAt: job.timestamp,
      gateway: null,
    };
  }

  get lockKey(): string {
    return `${this.queue.key(this.job.id)}:lock`;
  }

  get recordKey(): string {
    return keys.recordKey(this.queue.functionName, this.job.id);
  }

  /** The outcome that the caller was given already. It does not change any more. */
  get replied(): Outcome | null {
    return this.#replied;
  }

  /** Milliseconds since the epoch at which it could have begun. */
  get dueAt(): number {
    return this.facts.acceptedAt + (this.job.opts.delay ?? 0);
  }

  stop(reason: StopReason): void {
    this.stopping.abort(reason);
  }

  async enter(redis: Redis, keepMs: number): Promise<boolean> {
    const now = Date.now();
    const { acceptedAt, gateway } = this.facts;
    const answer = (await enterScript.run(
      redis,
      [this.lockKey, this.recordKey],
      [
        this.token,
        now,
        gateway?.sync?.beginBefore ?? 0,
        keepMs,
        acceptedAt,
        ...Object.entries(this.identity()).flat(),
      ],
    )) as Refusal | "entered";
    if (answer === "entered") this.enteredAt = now;
    else this.refusal = answer;
    return answer === "entered";
  }

  /** Gives the caller its answer, where one waits; the record keeps it. */
  reply(redis: Redis, reply: Omit<Reply, "id">, onError: (error: unknown) => void): void {
    const channel = this.facts.gateway?.sync?.replyTo;
    if (channel === undefined || this.#replied !== null) return;
    this.#replied = reply.outcome;
    this.replySent = this.#send(redis, channel, reply).catch((error: unknown) => {
      // Then the settlement tells the caller.
      this.#replied = null;
      onError(error);
    });
  }

  async #send(redis: Redis, channel: string, reply: Omit<Reply, "id">): Promise<void> {
    const { resultJson, outcome, isHttpResponse, timing } = reply;
    const header = encodeHeader({ id: this.facts.id, outcome, isHttpResponse, timing });
    await replyScript.run(
      redis,
      [this.lockKey, this.recordKey],
      [this.token, channel, header, resultJson ?? "", JSON.stringify(outcome), isHttpResponse ? "1" : ""],
    );
  }

  /** The fields that say what the invocation is. */
  identity(): Record<string, string> {
    const { gateway, acceptedAt } = this.facts;
    return {
      function: this.queue.functionName,
      version: this.function?.version ?? gateway?.version ?? "",
      tenant: gateway?.tenant ?? this.function?.tenant ?? "",
      acceptedAt: String(acceptedAt),
    };
  }
}
