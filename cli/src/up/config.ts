import { createServer } from "node:net";
import { resolve } from "node:path";
import { gatewayUrl, readProgramConfig } from "../config.ts";

/** What `up` gives its parts. */
export interface UpConfig {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly metricsUrl: string;
  readonly dataDir: string;
  /** Null: a private one is started. */
  readonly redisUrl: string | null;
  readonly drainMs: number;
  readonly apiKey: string | null;
  /** The environment of both programs, but for the Redis's address. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws Failure `usage` that names each variable that is wrong */
export async function readUpConfig(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<UpConfig> {
  const given = readProgramConfig(env);
  const host = given.MAYFLY_HOST;
  const metricsHost = given.MAYFLY_WORKER_METRICS_HOST;
  const port = given.MAYFLY_PORT || (await freePort(host));
  const metricsPort = given.MAYFLY_WORKER_METRICS_PORT || (await freePort(metricsHost));
  const dataDir = resolve(cwd, given.MAYFLY_DATA_DIR);
  return {
    host,
    port,
    url: gatewayUrl(host, port),
    metricsHost,
    metricsPort,
    metricsUrl: `${gatewayUrl(metricsHost, metricsPort)}/metrics`,
    dataDir,
    redisUrl: given.MAYFLY_REDIS_URL ?? null,
    drainMs: given.MAYFLY_DRAIN_MS,
    apiKey: env["MAYFLY_API_KEY"] || given.MAYFLY_ADMIN_KEY || null,
    env: {
      // What a part has to tell is shown among what `up` tells, so only what matters is wanted.
      MAYFLY_LOG_LEVEL: "warn",
      ...env,
      MAYFLY_PORT: String(port),
      MAYFLY_WORKER_METRICS_PORT: String(metricsPort),
      MAYFLY_DATA_DIR: dataDir,
    },
  };
}

/** The system's choice, where a port was given as 0. */
function freePort(host: string): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
