import type { InvocationRecord, InvocationState } from "@mayfly/contract";
import { gatewayOptionSchema } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { bullKey, LANES, type Lane } from "./keys.ts";

/** What BullMQ's own job tells of an invocation that has no record of ours yet. */
export interface WaitingJob {
  readonly record: InvocationRecord;
  readonly tenant: string | null;
}

const FIELDS = ["timestamp", "opts", "delay", "processedOn", "finishedOn", "returnvalue", "failedReason"];

/** Looks for the job in both lanes. */
export async function findJob(
  redis: Redis,
  id: string,
  functionName: string,
  jobId: string,
): Promise<WaitingJob | null> {
  const found = await Promise.all(LANES.map((lane) => readJob(redis, lane, id, functionName, jobId)));
  return found.find((job) => job !== null) ?? null;
}

async function readJob(
  redis: Redis,
  lane: Lane,
  id: string,
  functionName: string,
  jobId: string,
): Promise<WaitingJob | null> {
  const key = (name: string) => bullKey(functionName, lane, name);
  const [job, delayed, paused] = await Promise.all([
    redis.hmget(key(jobId), ...FIELDS),
    redis.zscore(key("delayed"), jobId),
    redis.hexists(key("meta"), "paused"),
  ]);
  const [timestamp, opts, , processedOn, finishedOn, returnvalue, failedReason] = job;
  if (typeof timestamp !== "string") return null;
  const gateway = gatewayOptionOf(opts ?? null);
  const state: InvocationState =
    typeof finishedOn === "string"
      ? typeof failedReason === "string"
        ? "failed"
        : "succeeded"
      : delayed !== null
        ? "delayed"
        : typeof processedOn === "string"
          ? "running"
          : paused === 1
            ? "paused"
            : "queued";
  const result = state === "succeeded" && typeof returnvalue === "string" ? JSON.parse(returnvalue) : null;
  return {
    tenant: gateway?.tenant ?? null,
    record: {
      id,
      function: functionName,
      version: gateway?.version ?? "",
      state,
      outcome:
        state === "succeeded"
          ? { kind: "ok" }
          : state === "failed"
            ? { kind: "functionError", message: failedReason ?? "" }
            : null,
      result,
      receipt: null,
      attempts: [],
      acceptedAt: gateway?.acceptedAt ?? Number(timestamp),
      endedAt: typeof finishedOn === "string" ? Number(finishedOn) : null,
    },
  };
}

/**
 * What the gateway said of a job. It travels as text within the job's options: BullMQ passes options through Lua,
 * which would turn an empty list into an empty object and drop every null. A job of somebody else's may have anything
 * in its place.
 */
function gatewayOptionOf(optsJson: string | null) {
  try {
    const { mayfly } = JSON.parse(optsJson ?? "{}") as { mayfly?: unknown };
    return typeof mayfly === "string" ? gatewayOptionSchema.parse(JSON.parse(mayfly)) : null;
  } catch {
    return null;
  }
}
