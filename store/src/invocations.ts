import { isTerminal, type Place } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { decodeRecord } from "./invocation-record.ts";
import { recordKey, splitId, whereKey } from "./keys.ts";
import { appendLogs, followLogs, type LogPlace, noSuchInvocation, readLogs } from "./logs.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { FunctionStore, InvocationStore } from "./types.ts";
import { findJob } from "./waiting-job.ts";

/** What has not ended is kept this much longer: a retry may wait for a day, and a queue may stand still. */
const UNENDED_MS = 7 * 24 * 3600 * 1000;
/** Where invocations belong is remembered for this many. */
const REMEMBERED = 10_000;

export interface InvocationDeps {
  readonly redis: Redis;
  readonly subscriptions: Subscriptions;
  readonly functions: FunctionStore;
  readonly retentionMs: number;
}

export function openInvocations({
  redis,
  subscriptions,
  functions,
  retentionMs,
}: InvocationDeps): InvocationStore {
  const remembered = new Map<string, string>();
  const unendedMs = retentionMs + UNENDED_MS;

  const remember = (id: string, functionName: string) => {
    const oldest = remembered.keys().next().value;
    if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(id, functionName);
  };

  const locate = async (id: string): Promise<LogPlace | null> => {
    const split = splitId(id);
    if (split !== null) return { id, ...split };
    const functionName = remembered.get(id) ?? (await redis.get(whereKey(id)));
    return functionName === null ? null : { id, functionName, jobId: id };
  };

  const get: InvocationStore["get"] = async (id) => {
    const place = await locate(id);
    if (place === null) return null;
    const { functionName, jobId } = place;
    const readRecord = async () => decodeRecord(id, await redis.hgetall(recordKey(functionName, jobId)));
    const record = await readRecord();
    if (record !== null) return record;
    const job = await findJob(redis, id, functionName, jobId);
    // Between the two looks it may have ended: then the record has come, which says more than what is left of the job.
    if (job === null || job.record.endedAt !== null) {
      const ended = await readRecord();
      if (ended !== null || job === null) return ended;
    }
    const version = job.record.version || ((await functions.latest(functionName))?.version ?? "");
    return { ...job.record, version };
  };

  const mustLocate = async (id: string) => {
    const place = await locate(id);
    if (place === null) throw noSuchInvocation(id);
    return place;
  };

  return {
    retentionMs,
    unendedMs,
    get,
    locate,
    remember,
    async tenantOf(id) {
      const place = await locate(id);
      if (place === null) return null;
      const { functionName, jobId } = place;
      const readTenant = () => redis.hget(recordKey(functionName, jobId), "tenant");
      const [tenant, latest] = await Promise.all([readTenant(), functions.latest(functionName)]);
      if (tenant !== null) return tenant;
      const job = await findJob(redis, id, functionName, jobId);
      // Between the two looks it may have ended: then the job is gone, and the record has come.
      return job === null ? await readTenant() : (job.tenant ?? latest?.tenant ?? null);
    },
    async running(id, { attempt: _, ...place }) {
      const { functionName, jobId } = await mustLocate(id);
      const shown: Place = place;
      await redis.hset(recordKey(functionName, jobId), "place", JSON.stringify(shown));
    },
    async appendLogs(id, lines, truncated) {
      await appendLogs(redis, await mustLocate(id), lines, truncated, unendedMs);
    },
    async logs(id) {
      return await readLogs(redis, await mustLocate(id));
    },
    async *followLogs(id, signal) {
      const place = await mustLocate(id);
      const hasEnded = async () => {
        const record = await get(id);
        return record === null || isTerminal(record.state);
      };
      yield* followLogs(redis, subscriptions, place, hasEnded, signal);
    },
  };
}
