import { openApiKeys } from "./api-keys.ts";
import { openArtifacts } from "./artifacts.ts";
import { connectRedis } from "./connect.ts";
import { openFunctions } from "./functions.ts";
import { openIdempotency } from "./idempotency.ts";
import { openInvocations } from "./invocations.ts";
import { openSecrets } from "./secrets.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { Store } from "./types.ts";

export interface StoreOptions {
  readonly redisUrl: string;
  /** 32 bytes in hexadecimal; the same for every gateway and worker of an installation. */
  readonly secretKey: string;
  /** How long records, receipts and logs are kept after an invocation has ended. */
  readonly retentionMs: number;
}

/**
 * Opens what Mayfly keeps in Redis, over two connections: one for commands, one for notifications.
 *
 * @throws Error where Redis cannot be reached within a few attempts, or the secret key is none
 */
export async function openStore({ redisUrl, secretKey, retentionMs }: StoreOptions): Promise<Store> {
  const redis = connectRedis(redisUrl, "request");
  const subscriptions = new Subscriptions(redisUrl);
  const close = async () => {
    subscriptions.close();
    redis.disconnect();
  };
  try {
    const secrets = openSecrets(redis, secretKey);
    await redis.ping();
    const functions = await openFunctions(redis, subscriptions);
    return {
      functions,
      artifacts: openArtifacts(redis),
      secrets,
      keys: await openApiKeys(redis, subscriptions),
      idempotency: openIdempotency(redis),
      invocations: openInvocations({ redis, subscriptions, functions, retentionMs }),
      async ping() {
        await redis.ping();
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
