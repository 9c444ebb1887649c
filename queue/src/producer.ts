import { type GatewayOption, MayflyError, type Outcome } from "@mayfly/contract";
import { connectRedis, keys, reachingRedis, Subscriptions } from "@mayfly/store";
import type { Redis } from "ioredis";
import { createAdder } from "./add-job.ts";
import { backlogOf } from "./backlog.ts";
import { callBuild } from "./build-call.ts";
import { BullQueues } from "./bull-queues.ts";
import { dropWaiting } from "./drop.ts";
import { encodeGatewayOption } from "./gateway-option.ts";
import { Ready } from "./ready.ts";
import { ReplyInbox } from "./reply-inbox.ts";
import { callAndWait } from "./sync-call.ts";
import type { AsyncOptions, Call, Producer, ProducerOptions } from "./types.ts";
import { untilTerminal } from "./until-terminal.ts";
import { WaitingLimit } from "./waiting-limit.ts";
import { cancelInvocation, withdraw } from "./withdraw.ts";
import { liveWorkers } from "./workers.ts";

/** Opens the gateway's side of the queue, over two connections of its own. */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  const { redisUrl, store, maxWaiting, observer } = options;
  const redis = connectRedis(redisUrl, "request");
  const subscriptions = new Subscriptions(redisUrl);
  const inbox = await ReplyInbox.open(redis, subscriptions);
  const queues = await BullQueues.open(redis);
  const ready = new Ready(redis);
  const add = createAdder(redis, queues, ready);
  const limit = new WaitingLimit(redis, maxWaiting);
  const { retentionMs, unendedMs } = store.invocations;

  const ended = (functionName: string, outcome: Outcome, acceptedAt: number, id: string) =>
    observer?.terminal(functionName, outcome.kind, Math.max(0, (Date.now() - acceptedAt) / 1000), id);

  const optionOf = (call: Call, acceptedAt: number, sync: GatewayOption["sync"]): string =>
    encodeGatewayOption({
      format: 1,
      version: call.function.version,
      tenant: call.function.tenant,
      acceptedAt,
      http: call.http,
      traceparent: call.traceparent,
      sync,
    });

  const addSync = async (call: Call, id: string, acceptedAt: number, beginBefore: number) => {
    const { name } = call.function;
    await limit.admit(name);
    store.invocations.remember(id, name);
    const mayfly = optionOf(call, acceptedAt, { replyTo: inbox.channel, beginBefore });
    await Promise.all([
      redis.set(keys.whereKey(id), name, "PX", retentionMs + SYNC_AT_MOST_MS),
      add({
        functionName: name,
        lane: "sync",
        id,
        dataJson: call.eventJson,
        options: { mayfly, timestamp: acceptedAt, ...SYNC_JOB },
      }),
    ]);
  };

  const addAsync = async (call: Call, id: string, { delayMs, priority }: AsyncOptions) => {
    const { name } = call.function;
    const acceptedAt = Date.now();
    store.invocations.remember(id, name);
    const delay = Math.max(0, delayMs ?? 0);
    await Promise.all([
      redis.set(keys.whereKey(id), name, "PX", unendedMs + delay),
      add({
        functionName: name,
        lane: "async",
        id,
        dataJson: call.eventJson,
        options: {
          mayfly: optionOf(call, acceptedAt, null),
          timestamp: acceptedAt,
          delay,
          priority: priority ?? 0,
          removeOnComplete: true,
          removeOnFail: { age: Math.ceil(retentionMs / 1000) },
        },
      }),
    ]);
  };

  const producer: Producer = {
    callAndWait: (call, waiting) =>
      reachingRedis(() =>
        callAndWait(
          {
            inbox,
            add: addSync,
            withdraw: async (request) => {
              const answer = await withdraw(redis, retentionMs, request);
              if (answer === "withdrawn")
                ended(request.functionName, request.outcome, request.acceptedAt, request.id);
              return answer;
            },
            cancel: producer.cancel,
          },
          call,
          waiting,
        ),
      ),
    enqueue: (call, id, how) =>
      reachingRedis(async () => {
        await limit.admit(call.function.name);
        const first = await reserve(options, call, id, how.idempotencyKey);
        // A repeat whose first was never added (its gateway died in between) is added now, under the first's id.
        if (first !== id && (await store.invocations.get(first)) !== null)
          return { id: first, repeated: true };
        await addAsync(call, first, how);
        return { id: first, repeated: first !== id };
      }),
    cancel: (id) =>
      reachingRedis(() =>
        cancelInvocation(
          {
            redis,
            store,
            queues,
            waitFor: producer.waitFor,
            ended: (record, outcome) => ended(record.function, outcome, record.acceptedAt, record.id),
          },
          id,
        ),
      ),
    waitFor: (id, waitMs, signal) =>
      reachingRedis(() =>
        untilTerminal(
          () => store.invocations.get(id),
          (wake) => subscriptions.add(keys.endedChannel(id), wake),
          waitMs,
          signal,
        ),
      ),
    queues: () => reachingRedis(() => namesOfQueues(redis, options)),
    backlog: (functions) => reachingRedis(() => Promise.all(functions.map((name) => backlogOf(redis, name)))),
    drop: (functionName) => reachingRedis(() => dropWaiting(redis, functionName, retentionMs)),
    build: (request, timeoutMs) => reachingRedis(() => callBuild({ queues, add, inbox }, request, timeoutMs)),
    workers: () => reachingRedis(() => liveWorkers(redis)),
    async close() {
      inbox.close();
      ready.close();
      subscriptions.close();
      redis.disconnect();
    },
    [Symbol.asyncDispose]: () => producer.close(),
  };
  return producer;
}

/** No sync call lasts longer; so long its id is known beyond the time for which records are kept. */
const SYNC_AT_MOST_MS = 3600 * 1000;
/** A sync call's result is in our record and its reply; BullMQ keeps nothing of it. */
const SYNC_JOB = { removeOnComplete: true, removeOnFail: true } as const;

/** @returns the id under which the call is known: its own, or that of the first with the same key */
async function reserve(
  { store }: ProducerOptions,
  call: Call,
  id: string,
  key: string | null,
): Promise<string> {
  if (key === null) return id;
  const { name, tenant } = call.function;
  const answer = await store.idempotency.reserve({
    tenant,
    functionName: name,
    key,
    // The body itself: of a form, the event around it holds the time and headers of each request.
    body: call.http?.rawBody ?? call.eventJson,
    id,
  });
  switch (answer.kind) {
    case "first":
      return id;
    case "repeated":
      return answer.id;
    case "mismatch":
      throw new MayflyError(
        "idempotencyMismatch",
        "This Idempotency-Key was used with another body. Use a new key for a new request.",
        { facts: { function: name } },
      );
  }
}

async function namesOfQueues(redis: Redis, { store }: ProducerOptions): Promise<string[]> {
  const [found, deployed] = await Promise.all([redis.smembers(keys.queuesKey), store.functions.names()]);
  return [...new Set([...deployed, ...found])];
}
