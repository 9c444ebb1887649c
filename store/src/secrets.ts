import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { MayflyError } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { secretsKey } from "./keys.ts";
import type { SecretStore } from "./types.ts";

const CIPHER = "aes-256-gcm";
/** The nonce's length that NIST SP 800-38D recommends for GCM, and the full tag. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Secrets, encrypted under the installation's key. Tenant and name are authenticated with the value, so that somebody
 * who can write to Redis cannot pass one secret off as another.
 *
 * @param secretKey 32 bytes in hexadecimal
 */
export function openSecrets(redis: Redis, secretKey: string): SecretStore {
  const key = Buffer.from(secretKey, "hex");
  if (key.byteLength !== 32)
    throw new Error("The secret key must be 32 bytes in hexadecimal (64 characters): see MAYFLY_SECRET_KEY.");
  return {
    async put(tenant, name, value) {
      await redis.hset(secretsKey(tenant), name, encrypt(key, tenant, name, value));
    },
    async get(tenant, names) {
      if (names.length === 0) return {};
      const kept = await redis.hmget(secretsKey(tenant), ...names);
      const found: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        const text = kept[index];
        if (typeof text === "string") found[name] = decrypt(key, tenant, name, text);
      }
      return found;
    },
    async list(tenant) {
      return (await redis.hkeys(secretsKey(tenant))).sort();
    },
    async delete(tenant, name) {
      return (await redis.hdel(secretsKey(tenant), name)) === 1;
    },
  };
}

const context = (tenant: string, name: string) => Buffer.from(`${tenant}\0${name}`);

function encrypt(key: Buffer, tenant: string, name: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(context(tenant, name));
  const text = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
}

function decrypt(key: Buffer, tenant: string, name: string, kept: string): string {
  const bytes = Buffer.from(kept, "base64");
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(context(tenant, name))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (error) {
    throw new MayflyError(
      "internal",
      `The secret "${name}" cannot be read: it was stored under another key, or was changed. Store it again, or give every gateway and worker the same MAYFLY_SECRET_KEY.`,
      { facts: { secret: name }, cause: error },
    );
  }
}
