import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Redis } from "ioredis";
import { apiKeysChannel, apiKeysKey } from "./keys.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { ApiKey, KeyStore } from "./types.ts";

/** `mayfly_<id>_<secret>`; the secret is 32 random bytes, so a fast hash of it is enough. */
const KEY_TEXT = /^mayfly_([0-9a-f]{16})_([\w-]{43})$/;

interface KeptKey extends ApiKey {
  readonly hash: string;
}

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

/** API keys; all of them are kept in memory, for every request asks. */
export async function openApiKeys(redis: Redis, subscriptions: Subscriptions): Promise<KeyStore> {
  let loaded: Promise<ReadonlyMap<string, KeptKey>> | null = null;
  const forget = () => {
    loaded = null;
  };
  await subscriptions.add(apiKeysChannel, forget);
  subscriptions.onReconnect(forget);

  const all = () => {
    loaded ??= load(redis).catch((error: unknown) => {
      forget();
      throw error;
    });
    return loaded;
  };
  const changed = async () => {
    forget();
    await redis.publish(apiKeysChannel, "");
  };

  return {
    async create({ tenant, scopes, label }) {
      const id = randomBytes(8).toString("hex");
      const secret = randomBytes(32).toString("base64url");
      const key: ApiKey = { id, tenant, scopes, label, createdAt: Date.now() };
      await redis.hset(apiKeysKey, id, JSON.stringify({ ...key, hash: hashOf(secret).toString("hex") }));
      await changed();
      return { key, text: `mayfly_${id}_${secret}` };
    },
    async verify(text) {
      const [, id, secret] = KEY_TEXT.exec(text) ?? [];
      if (id === undefined || secret === undefined) return null;
      const kept = (await all()).get(id);
      if (kept === undefined || !timingSafeEqual(Buffer.from(kept.hash, "hex"), hashOf(secret))) return null;
      return withoutHash(kept);
    },
    async any() {
      return (await all()).size > 0;
    },
    async list() {
      return [...(await all()).values()].map(withoutHash).sort((a, b) => a.createdAt - b.createdAt);
    },
    async delete(id) {
      const deleted = (await redis.hdel(apiKeysKey, id)) === 1;
      await changed();
      return deleted;
    },
  };
}

async function load(redis: Redis): Promise<ReadonlyMap<string, KeptKey>> {
  const kept = await redis.hgetall(apiKeysKey);
  return new Map(Object.entries(kept).map(([id, text]) => [id, JSON.parse(text) as KeptKey]));
}

function withoutHash({ hash: _, ...key }: KeptKey): ApiKey {
  return key;
}
