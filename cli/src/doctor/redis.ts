import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { startPrivateRedis } from "../../../setup/private-redis.js";
import { isNewEnough } from "../../../setup/redis-version.js";
import { type Check, fail, pass, warn } from "./check.ts";

const ANSWER_WITHIN_MS = 3000;

/** Asks the Redis of MAYFLY_REDIS_URL, or one that is started just for this as `up` would. */
export async function checkRedis(url: string | null): Promise<Check[]> {
  if (url !== null) return ask(url, url);
  const dir = await mkdtemp(join(tmpdir(), "mayfly-doctor-"));
  try {
    const redis = await startPrivateRedis({ dir });
    try {
      return await ask(redis.url, "a private one");
    } finally {
      await redis.stop();
    }
  } catch (error) {
    return [fail("redis", (error as Error).message, "apt-get install redis-server, or set MAYFLY_REDIS_URL")];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function ask(url: string, shownAs: string): Promise<Check[]> {
  const where = shownAs.replace(/\/\/[^@/]*@/, "//");
  const redis = new Redis(url.replace(/^unix:\/\//, ""), {
    lazyConnect: true,
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on("error", () => {});
  try {
    await redis.connect();
    const info = await redis.info();
    return [version(info, where), durability(info), eviction(info)];
  } catch (error) {
    const reason = (error as Error).message;
    return [
      fail(
        "redis",
        `${where} does not answer: ${reason}`,
        "start it, or mend MAYFLY_REDIS_URL (redis://, rediss:// or unix:///path)",
      ),
    ];
  } finally {
    redis.disconnect();
  }
}

const fieldOf = (info: string, name: string) =>
  new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? null;

function version(info: string, where: string): Check {
  const found = fieldOf(info, "valkey_version") ?? fieldOf(info, "redis_version") ?? "unknown";
  return isNewEnough(found)
    ? pass("redis", `${found} (${where})`)
    : fail("redis", `${found} (${where}) is too old`, "install Redis 6.2 or newer");
}

function durability(info: string): Check {
  return fieldOf(info, "aof_enabled") === "1"
    ? pass("redis durability", "every write is in an append-only file")
    : warn(
        "redis durability",
        "no append-only file: a crash loses accepted calls",
        "redis-cli CONFIG SET appendonly yes, and CONFIG REWRITE",
      );
}

function eviction(info: string): Check {
  const policy = fieldOf(info, "maxmemory_policy");
  return policy === "noeviction"
    ? pass("redis eviction", "noeviction")
    : fail(
        "redis eviction",
        `${policy}: under pressure it forgets jobs`,
        "redis-cli CONFIG SET maxmemory-policy noeviction, and CONFIG REWRITE",
      );
}
