import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ChainableCommander, Redis } from "ioredis";

type Argument = string | number | Buffer;

/** A Lua script that Redis runs as one step. */
export interface Script {
  /** Runs it by its hash; Redis is sent the text once after each of its starts. */
  run(redis: Redis, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** Puts it into a transaction or pipeline, with its text, since a missing hash could not be mended there. */
  append(to: ChainableCommander, keys: readonly string[], args: readonly Argument[]): void;
}

export function loadScript(file: URL): Script {
  const text = readFileSync(file, "utf8");
  const hash = createHash("sha1").update(text).digest("hex");
  return {
    async run(redis, keys, args) {
      try {
        return await redis.evalsha(hash, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return await redis.eval(text, keys.length, ...keys, ...args);
      }
    },
    append(to, keys, args) {
      to.eval(text, keys.length, ...keys, ...args);
    },
  };
}
