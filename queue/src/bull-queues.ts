import { keys, type Lane } from "@mayfly/store";
import {
  createIORedisClient,
  type JobJson,
  JobScheduler,
  type JobSchedulerJobOptions,
  type JobsOptions,
  type KeepJobs,
  type KeyPrefixOptions,
  type MinimalJob,
  type QueueBaseOptions,
  QueueKeys,
  RedisConnection,
  RedisQueueBackend,
} from "bullmq";
import type { Redis } from "ioredis";
import { shapedJob, unreadableJob } from "./job-shape.ts";

/** How a dispatcher holds jobs; a producer needs none of it. */
export interface HoldOptions {
  readonly lockDuration: number;
  /** At most one stalled check of a queue in this time, whoever asks. */
  readonly stalledInterval: number;
  /** How often a job may lose its worker before BullMQ marks it as failed. */
  readonly maxStalledCount: number;
}

type BackendOptions = QueueBaseOptions & KeyPrefixOptions & Partial<HoldOptions>;

/** A job as BullMQ hands it out: `data` is its JSON text, unread. */
export interface BullJob extends JobJson {
  readonly opts: JobSchedulerJobOptions & { readonly mayfly?: unknown };
  /** Why it cannot be run, where what a producer wrote is no job. */
  readonly fault?: string;
}

type MovedJob = [json: BullJob | null, id: string, rateLimitedMs: number, delayedUntil: number];

/** What a take gives: a job, or what the queue waits for. */
export interface TakeAnswer {
  readonly job: BullJob | null;
  /** Tells whether others wait behind it. */
  readonly more: Promise<boolean>;
  /** The queue's rate limit allows the next one after so many milliseconds; 0 without such a wait. */
  readonly rateLimitedMs: number;
  /** When the next delayed job is due; 0 without one. */
  readonly delayedUntil: number;
}

/**
 * BullMQ's queues of all functions over one connection.
 *
 * This is BullMQ's own Redis backend, one small object for each queue: its `Queue` and `Worker` would bring listeners
 * and a check of the server each, and would parse and print again every event and result, of up to 6 MiB each, on
 * the one thread that keeps the locks.
 */
export class BullQueues {
  readonly #redis: Redis;
  readonly #connection: RedisConnection;
  readonly #hold: HoldOptions | null;
  readonly #queues = new Map<string, BullQueue>();

  private constructor(redis: Redis, hold: HoldOptions | null) {
    this.#redis = redis;
    this.#connection = new RedisConnection(redis, { shared: true, blocking: false, skipVersionCheck: true });
    this.#connection.on("error", () => {});
    this.#hold = hold;
  }

  /** Waits until the connection is there and knows BullMQ's scripts. */
  static async open(redis: Redis, hold: HoldOptions | null = null): Promise<BullQueues> {
    const queues = new BullQueues(redis, hold);
    await queues.#connection.client;
    return queues;
  }

  get(functionName: string, lane: Lane): BullQueue {
    const name = keys.queueName(functionName, lane);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new BullQueue(this.#redis, this.#connection, name, functionName, lane, this.#hold);
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

export class BullQueue {
  readonly functionName: string;
  readonly lane: Lane;
  readonly #redis: Redis;
  readonly #connection: RedisConnection;
  readonly #name: string;
  readonly #backend: RedisQueueBackend;
  #scheduler: JobScheduler | null = null;

  constructor(
    redis: Redis,
    connection: RedisConnection,
    name: string,
    functionName: string,
    lane: Lane,
    hold: HoldOptions | null,
  ) {
    this.functionName = functionName;
    this.lane = lane;
    this.#redis = redis;
    this.#connection = connection;
    this.#name = name;
    const queueKeys = new QueueKeys(keys.QUEUE_PREFIX);
    const options: BackendOptions = { connection: {}, prefix: keys.QUEUE_PREFIX, ...hold };
    this.#backend = new RedisQueueBackend(
      connection,
      name,
      queueKeys.getKeys(name),
      (type) => queueKeys.toKey(name, type),
      options,
      undefined,
      false,
    );
  }

  /** A key of this queue's, or of a job of it. */
  key(name: string): string {
    return this.#backend.toKey(name);
  }

  /**
   * Adds a job whose data is JSON text already. One with the same id, while it exists, is left as it is. The command is
   * on its way when this returns its promise, so that what is sent next arrives after it.
   */
  async add(
    id: string,
    name: string,
    dataJson: string,
    options: JobsOptions & { mayfly: string },
  ): Promise<void> {
    const job = { id, name, data: dataJson, opts: options, timestamp: options.timestamp ?? Date.now() };
    await this.#backend.addJobToTransaction(createIORedisClient(this.#redis), job as unknown as JobJson, id);
  }

  async take(token: string, workerId: string): Promise<TakeAnswer> {
    const taking = this.#moveToActive(token, workerId);
    const more = this.#hasWaiting();
    // Nobody may come to ask for it.
    more.catch(() => {});
    const [json, id, rateLimitedMs, delayedUntil] = await taking;
    const job = json === null || json === undefined ? null : shapedJob({ ...json, id });
    return { job, more, rateLimitedMs: Number(rateLimitedMs) || 0, delayedUntil: Number(delayedUntil) || 0 };
  }

  /**
   * Asked right after a take it is sent in the same write: BullMQ sends its command once this promise has answered, and
   * who waits for it later comes after. (The other way round it would count the job that is being taken, and the
   * function be looked at once in vain.)
   */
  async #hasWaiting(): Promise<boolean> {
    await this.#connection.client;
    return (await this.#redis.exists(this.key("wait"), this.key("prioritized"))) > 0;
  }

  async #moveToActive(token: string, workerId: string): Promise<MovedJob> {
    try {
      return (await this.#backend.moveToActive(token, workerId)) as MovedJob;
    } catch (error) {
      // BullMQ read what it had moved, and could not: the job is ours all the same.
      if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
      const id = await this.#lockedBy(token);
      if (id === null) throw error;
      return [unreadableJob(id, await this.#redis.hgetall(this.key(id))), id, 0, 0];
    }
  }

  async #lockedBy(token: string): Promise<string | null> {
    for (const id of await this.#redis.lrange(this.key("active"), 0, -1))
      if ((await this.#redis.get(`${this.key(id)}:lock`)) === token) return id;
    return null;
  }

  /** @param resultJson JSON text, which becomes the job's `returnvalue` */
  async complete(job: BullJob, resultJson: string, token: string): Promise<void> {
    const keep = job.opts.removeOnComplete;
    const args = this.#backend.moveToCompletedArgs(
      asMinimal(job),
      resultJson,
      keep as KeepJobs,
      token,
      false,
    );
    await this.#backend.moveToFinished(job.id, args);
  }

  /** Into the failed set: the dead letter. */
  async fail(job: BullJob, reason: string, stack: string, token: string): Promise<void> {
    await this.#backend.moveToFailed(
      asMinimal(job),
      reason,
      job.opts.removeOnFail as KeepJobs,
      token,
      false,
      failureFields(job, reason, stack),
    );
  }

  /** Back into the queue after `delayMs`. Unless it is `counted`, the job has as many attempts left as before. */
  async retry(
    job: BullJob,
    reason: string,
    stack: string,
    token: string,
    { delayMs, counted }: { delayMs: number; counted: boolean },
  ): Promise<void> {
    const fieldsToUpdate = failureFields(job, reason, stack);
    if (counted && delayMs === 0)
      await this.#backend.retryJob(job.id, job.opts.lifo ?? false, token, { fieldsToUpdate });
    else
      await this.#backend.moveToDelayed(job.id, Date.now(), delayMs, token, {
        skipAttempt: !counted,
        fieldsToUpdate,
      });
  }

  /** To the head of the queue, as if it had never been taken. */
  async handBack(jobId: string, token: string): Promise<void> {
    await this.#backend.moveJobFromActiveToWait(jobId, token);
  }

  /** @returns the ids of those whose lock is another's by now */
  async extendLocks(jobIds: string[], tokens: string[], durationMs: number): Promise<string[]> {
    return await this.#backend.extendLocks(jobIds, tokens, durationMs);
  }

  /** @returns the ids of those that had lost their worker and wait again */
  async checkStalled(): Promise<string[]> {
    return await this.#backend.moveStalledJobsToWait();
  }

  /** Removes a job that waits, with its place in a flow. */
  async remove(jobId: string): Promise<void> {
    await this.#backend.remove(jobId, true);
  }

  /** A job scheduler makes its next job when the one before is taken: BullMQ's workers do so, and so must we. */
  async scheduleNext(job: BullJob): Promise<void> {
    if (job.repeatJobKey === undefined || job.opts.repeat === undefined) return;
    this.#scheduler ??= new JobScheduler(this.#name, { connection: {} }, () => this.#backend);
    const { repeat, ...template } = job.opts;
    await this.#scheduler.upsertJobScheduler(
      job.repeatJobKey,
      repeat,
      job.name,
      JSON.parse(job.data) as unknown,
      template,
      { override: false, producerId: job.id },
    );
  }
}

/**
 * BullMQ's types ask for a whole `Job`; what it reads is the id and the options. Its script compares `attempts`, which a
 * producer of another language may have left out.
 */
function asMinimal({ id, opts }: BullJob): MinimalJob {
  return { id, opts: { attempts: 0, ...opts } } as unknown as MinimalJob;
}

function failureFields(job: BullJob, failedReason: string, stack: string) {
  const before = job.stacktrace === undefined ? [] : (JSON.parse(job.stacktrace) as string[]);
  const limit = job.opts.stackTraceLimit;
  const stacks = limit === 0 ? [] : [...before, stack].slice(limit === undefined ? 0 : -limit);
  return { failedReason, stacktrace: JSON.stringify(stacks) };
}
