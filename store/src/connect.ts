import { MayflyError } from "@mayfly/contract";
import type { Redis, RedisOptions } from "ioredis";
import { BatchingRedis } from "./batching-redis.ts";

/**
 * What a connection is for decides what it does while Redis is away: a `request` fails soon, so that a caller over
 * HTTP gets its 503; a `worker` waits until Redis is back.
 */
export type ConnectionUse = "request" | "worker";

/** While Redis is away: how long until the next attempt to reach it. */
const reconnectDelayMs = (times: number) => Math.min(20 * 2 ** Math.min(times, 6), 1000);

/**
 * Opens a connection.
 *
 * @param url `redis://`, `rediss://`, or `unix:///path` with an optional `?db=`
 */
export function connectRedis(
  url: string,
  use: ConnectionUse,
  more: Pick<RedisOptions, "socketTimeout"> = {},
): Redis {
  const options = {
    retryStrategy: reconnectDelayMs,
    maxRetriesPerRequest: use === "worker" ? null : 2,
    ...more,
  };
  const redis = url.startsWith("unix://")
    ? new BatchingRedis(url.slice("unix://".length), options)
    : new BatchingRedis(url, options);
  // Without a listener the first refused connection would end the process; commands report what matters.
  redis.on("error", () => {});
  return redis;
}

const UNREACHABLE =
  /ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|Connection is closed|Command timed out|max retries per request|LOADING|READONLY|OOM command/i;

/** Runs a command for a caller who should hear `redisUnavailable` where Redis is away, loading or full. */
export async function reachingRedis<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw redisFailure(error) ?? error;
  }
}

/** What a command threw as `redisUnavailable`, where it tells that Redis is away, loading or full; else null. */
export function redisFailure(error: unknown): MayflyError | null {
  if (error instanceof MayflyError || !(error instanceof Error) || !UNREACHABLE.test(error.message))
    return null;
  return new MayflyError(
    "redisUnavailable",
    `Redis does not answer: ${reasonOf(error)}. Look whether the server at MAYFLY_REDIS_URL runs and has memory left.`,
    { cause: error },
  );
}

/** ioredis tells of its own options where there never was a connection. */
function reasonOf({ message }: Error): string {
  return /max retries per request/i.test(message) ? "no connection can be made" : message.replace(/\.$/, "");
}
