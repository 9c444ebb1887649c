import { unknownVariables } from "@mayfly/contract";
import { createGatewayMetrics } from "@mayfly/metrics";
import { createProducer } from "@mayfly/queue";
import { openStore, reachingRedis, type Store, secretKeyOf } from "@mayfly/store";
import { type Logger, pino } from "pino";
import { createApp } from "./app.ts";
import { type GatewayConfig, readConfig } from "./config.ts";
import { serve } from "./serve.ts";

/** Runs a gateway in the foreground until SIGTERM or SIGINT; what `mayfly gateway` does. */
export async function main(): Promise<void> {
  try {
    await run(readConfig(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function run(config: GatewayConfig): Promise<void> {
  const log = pino({ name: "gateway", level: config.logLevel });
  for (const sentence of unknownVariables(process.env)) log.warn(sentence);
  const { redisUrl, retentionMs, maxWaiting, drainMs } = config;
  const secretKey = await secretKeyOf(config.secretKey ?? undefined, config.dataDir);
  await using store = await reachingRedis(() => openStore({ redisUrl, secretKey, retentionMs }));
  await demandKeyUnlessLoopback(config, store);
  const metrics = createGatewayMetrics({ backlog: async () => producer.backlog(await producer.queues()) });
  await using producer = await createProducer({ redisUrl, store, maxWaiting, observer: metrics });
  const drain = new AbortController();
  const app = createApp({ store, producer, config, metrics, log, now: Date.now, draining: drain.signal });
  const listening = await serve({ fetch: app.fetch, host: config.host, port: config.port });
  log.info({ url: listening.url }, "the gateway listens");

  const signal = await stopSignal(log);
  log.info({ signal, drainMs }, "the gateway finishes what is in flight");
  drain.abort();
  await listening.close(drainMs);
  log.info({}, "the gateway has stopped");
}

/** Whoever can reach another address than loopback is somebody, so there must be a way to tell who. */
async function demandKeyUnlessLoopback(
  { loopback, adminKey, host }: GatewayConfig,
  store: Store,
): Promise<void> {
  if (loopback || adminKey !== null || (await store.keys.any())) return;
  throw new Error(
    `The gateway does not start on ${host} without a key, since everybody who can reach that address could deploy and run code. Set MAYFLY_ADMIN_KEY (at least 16 characters), or listen on 127.0.0.1 (MAYFLY_HOST) and make a key there with POST /keys.`,
  );
}

/** The first signal drains; who sends a second one does not want to wait. */
async function stopSignal(log: Logger): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    let asked = false;
    const ask = (signal: NodeJS.Signals) => {
      if (asked) {
        log.warn({ signal }, "the gateway stops at once");
        process.exit(1);
      }
      asked = true;
      resolve(signal);
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
  });
}

if (import.meta.main) await main();
