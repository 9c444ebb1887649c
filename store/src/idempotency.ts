import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { idempotencyKey } from "./keys.ts";
import type { IdempotencyStore } from "./types.ts";

const KEPT_MS = 24 * 3600 * 1000;

const digest = (...parts: readonly string[]) =>
  createHash("sha256").update(parts.join("\0")).digest("base64url");

/** What makes a repeated request give the first one's id. */
export function openIdempotency(redis: Redis): IdempotencyStore {
  return {
    async reserve({ tenant, functionName, key, body, id }) {
      const at = idempotencyKey(functionName, digest(tenant, key));
      const mine = `${digest(body)} ${id}`;
      const reserved = await redis.set(at, mine, "PX", KEPT_MS, "NX");
      if (reserved !== null) return { kind: "first" };
      const [bodyDigest, firstId] = (await redis.get(at))?.split(" ") ?? [];
      if (bodyDigest !== digest(body) || firstId === undefined) return { kind: "mismatch" };
      return { kind: "repeated", id: firstId };
    },
  };
}
