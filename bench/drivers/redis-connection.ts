import type { ConnectionOptions } from "bullmq";
import { Redis } from "ioredis";

/** BullMQ's connection options for a private Redis's URL, `unix:///path` or `redis://…`. */
export function connectionOf(redisUrl: string): ConnectionOptions {
  return redisUrl.startsWith("unix://") ? { path: redisUrl.slice("unix://".length) } : { url: redisUrl };
}

export function redisOf(redisUrl: string): Redis {
  return redisUrl.startsWith("unix://") ? new Redis(redisUrl.slice("unix://".length)) : new Redis(redisUrl);
}
