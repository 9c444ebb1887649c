import { keys } from "@mayfly/store";
import type { Redis } from "ioredis";

export const HEARTBEAT_MS = 2000;
/** One that was silent for so long is taken for dead. */
const SILENT_MS = 5 * HEARTBEAT_MS;

export async function tellAlive(redis: Redis, workerId: string): Promise<void> {
  await redis.zadd(keys.workersKey, Date.now(), workerId);
}

export async function tellGone(redis: Redis, workerId: string): Promise<void> {
  await redis.zrem(keys.workersKey, workerId);
}

export async function liveWorkers(redis: Redis): Promise<string[]> {
  const since = Date.now() - SILENT_MS;
  await redis.zremrangebyscore(keys.workersKey, "-inf", `(${since}`);
  return (await redis.zrangebyscore(keys.workersKey, since, "+inf")).sort();
}
