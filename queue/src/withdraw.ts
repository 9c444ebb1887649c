import { type InvocationRecord, isTerminal, type Outcome } from "@mayfly/contract";
import { keys, LANES, type Lane, loadScript, type Store } from "@mayfly/store";
import type { Redis } from "ioredis";
import type { BullQueues } from "./bull-queues.ts";

const script = loadScript(new URL("scripts/withdraw.lua", import.meta.url));

/**
 * `withdrawn`: it has ended, and never ran. `asked`: a worker holds it and will end it. `running`: it has begun, and
 * was left alone. `linked`: it belongs to a flow or a scheduler.
 */
export type Withdrawal = "withdrawn" | "asked" | "running" | "ended" | "unknown" | "linked";

export interface WithdrawRequest {
  readonly id: string;
  readonly functionName: string;
  readonly jobId: string;
  readonly lanes: readonly Lane[];
  readonly version: string;
  readonly tenant: string;
  readonly acceptedAt: number;
  /** What it ends as: `cancelled`, or `expired`. */
  readonly outcome: Outcome & { kind: "cancelled" | "expired" };
  readonly ifEntered: "ask" | "leave";
}

export async function withdraw(redis: Redis, keepMs: number, request: WithdrawRequest): Promise<Withdrawal> {
  let answer: Withdrawal = "unknown";
  for (const lane of request.lanes) {
    answer = await withdrawFrom(redis, keepMs, lane, request);
    if (answer !== "unknown") break;
  }
  return answer;
}

async function withdrawFrom(redis: Redis, keepMs: number, lane: Lane, request: WithdrawRequest) {
  const { id, functionName, jobId, outcome } = request;
  const queueKeys = ["wait", "paused", "prioritized", "delayed", "active", jobId, "events"].map((key) =>
    keys.bullKey(functionName, lane, key),
  );
  const fields = {
    state: stateOf(outcome),
    outcome: JSON.stringify(outcome),
    endedAt: Date.now(),
    function: functionName,
    version: request.version,
    tenant: request.tenant,
    acceptedAt: request.acceptedAt,
  };
  const answer = await script.run(
    redis,
    [keys.recordKey(functionName, jobId), ...queueKeys],
    [
      jobId,
      keepMs,
      keys.endedChannel(id),
      outcome.kind,
      request.ifEntered,
      keys.bullKey(functionName, lane, ""),
      ...Object.entries(fields).flat(),
    ],
  );
  return answer as Withdrawal;
}

/** How an invocation stands once it has ended so. */
export function stateOf(outcome: Outcome): "succeeded" | "failed" | "cancelled" {
  if (outcome.kind === "ok") return "succeeded";
  return outcome.kind === "cancelled" ? "cancelled" : "failed";
}

export interface CancelDeps {
  readonly redis: Redis;
  readonly store: Store;
  readonly queues: BullQueues;
  waitFor(id: string, waitMs: number, signal: AbortSignal): Promise<InvocationRecord | null>;
  ended(record: InvocationRecord, outcome: Outcome): void;
}

/** A worker that lives answers within its renewal of locks; for one that died, its lock must run out first. */
const CANCELLED_WITHIN_MS = 20_000;
const CANCELLED = { kind: "cancelled", message: "Somebody cancelled it." } as const;

/** Cancels an invocation wherever it stands. */
export async function cancelInvocation(
  deps: CancelDeps,
  id: string,
): Promise<{ record: InvocationRecord; cancelled: boolean } | null> {
  const { store, redis, queues } = deps;
  const [record, place, tenant] = await Promise.all([
    store.invocations.get(id),
    store.invocations.locate(id),
    store.invocations.tenantOf(id),
  ]);
  if (record === null || place === null) return null;
  if (isTerminal(record.state)) return { record, cancelled: false };
  const answer = await withdraw(redis, store.invocations.retentionMs, {
    ...place,
    lanes: LANES,
    version: record.version,
    tenant: tenant ?? "",
    acceptedAt: record.acceptedAt,
    outcome: CANCELLED,
    ifEntered: "ask",
  });
  if (answer === "linked") {
    // BullMQ takes it out of its flow; one of a scheduler it refuses, since the schedule would end with it.
    const removed = await queues
      .get(place.functionName, "async")
      .remove(place.jobId)
      .then(
        () => true,
        () => false,
      );
    if (!removed) return { record, cancelled: false };
    await keepCancelled(redis, store, record, place.jobId, tenant);
  }
  if (answer === "asked") {
    await redis.publish(keys.cancelChannel, id);
    const ended = await deps.waitFor(id, CANCELLED_WITHIN_MS, new AbortController().signal);
    return ended === null ? null : { record: ended, cancelled: ended.state === "cancelled" };
  }
  const now = await store.invocations.get(id);
  if (now === null) return null;
  const cancelled = now.state === "cancelled";
  if (cancelled && (answer === "withdrawn" || answer === "linked")) deps.ended(now, CANCELLED);
  return { record: now, cancelled };
}

async function keepCancelled(
  redis: Redis,
  store: Store,
  record: InvocationRecord,
  jobId: string,
  tenant: string | null,
): Promise<void> {
  const key = keys.recordKey(record.function, jobId);
  await redis.hset(key, {
    state: "cancelled",
    outcome: JSON.stringify(CANCELLED),
    endedAt: Date.now(),
    function: record.function,
    version: record.version,
    tenant: tenant ?? "",
    acceptedAt: record.acceptedAt,
  });
  await redis.pexpire(key, store.invocations.retentionMs);
  await redis.publish(keys.endedChannel(record.id), "");
}
