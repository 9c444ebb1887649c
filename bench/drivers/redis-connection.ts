import type { ConnectionOptions } from "bullmq";

/** BullMQ's connection options for a private Redis's URL, `unix:///path` or `redis://…`. */
export function connectionOf(redisUrl: string): ConnectionOptions {
  return redisUrl.startsWith("unix://") ? { path: redisUrl.slice("unix://".length) } : { url: redisUrl };
}
