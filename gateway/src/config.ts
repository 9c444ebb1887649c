import { type Ceilings, readEnvironment } from "@mayfly/contract";

/** What the gateway is told by its environment. */
export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  /** True where only this machine can reach it: no key is needed then, and `Host` and `Origin` are checked. */
  readonly loopback: boolean;
  readonly redisUrl: string;
  readonly dataDir: string;
  readonly adminKey: string | null;
  /** 32 bytes in hexadecimal; null: a file in the data folder. */
  readonly secretKey: string | null;
  readonly ceilings: Ceilings;
  readonly maxWaiting: number;
  readonly retentionMs: number;
  readonly drainMs: number;
  readonly logLevel: string;
}

/** @throws Error whose message names each variable that is wrong, and why */
export function readConfig(env: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const given = readEnvironment(env);
  if (given.MAYFLY_REDIS_URL === undefined) {
    throw new Error(
      "MAYFLY_REDIS_URL is not set, so the gateway does not know its Redis. Set it (redis://, rediss:// or unix:///path), or run `mayfly up`, which starts a private one.",
    );
  }
  return {
    host: given.MAYFLY_HOST,
    port: given.MAYFLY_PORT,
    loopback: isLoopback(given.MAYFLY_HOST),
    redisUrl: given.MAYFLY_REDIS_URL,
    dataDir: given.MAYFLY_DATA_DIR,
    adminKey: given.MAYFLY_ADMIN_KEY ?? null,
    secretKey: given.MAYFLY_SECRET_KEY ?? null,
    ceilings: given.MAYFLY_CEILINGS,
    maxWaiting: given.MAYFLY_MAX_WAITING,
    retentionMs: given.MAYFLY_RETENTION_HOURS * 3_600_000,
    drainMs: given.MAYFLY_DRAIN_MS,
    logLevel: given.MAYFLY_LOG_LEVEL,
  };
}

/** True for names and addresses that never leave this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3, RFC 6761 §6.3). */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}
