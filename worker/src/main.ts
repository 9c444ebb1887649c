import { setFlagsFromString } from "node:v8";
import { unknownVariables } from "@mayfly/contract";
import { createWorkerMetrics, type WorkerMetrics } from "@mayfly/metrics";
import { type Logger, pino } from "pino";
import { readConfig, type WorkerConfig } from "./config.ts";
import { type MayflyWorker, openWorker } from "./open-worker.ts";

/**
 * V8's young generation keeps the size that it has by now. V8 would double it as calls come in, to 64 MiB that stay
 * resident and gain nothing: what an invocation allocates is dead before the next collection. It reads this flag
 * each time it wants to grow.
 */
const KEEP_YOUNG_GENERATION = "--semi-space-growth-factor=1";

/** Runs a worker in the foreground until SIGTERM or SIGINT; what `mayfly worker` does. */
export async function main(): Promise<void> {
  setFlagsFromString(KEEP_YOUNG_GENERATION);
  try {
    await run(readConfig(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function run(config: WorkerConfig): Promise<void> {
  const log = pino({ name: "worker", level: config.logLevel });
  for (const sentence of unknownVariables(process.env)) log.warn(sentence);
  const made = Promise.withResolvers<WorkerMetrics>();
  await using worker = await openWorker(
    config,
    ({ id, gauges }) => {
      const metrics = createWorkerMetrics({ worker: id, gauges });
      made.resolve(metrics);
      return metrics.observer;
    },
    log,
  );
  const metrics = await made.promise;
  await followFunctions(worker, metrics, log);
  const server = await metrics.serve(config.metricsHost, config.metricsPort);
  log.info(
    { worker: worker.id, slots: config.slots, cgroupMode: worker.cgroupMode, metricsPort: server.port },
    "the worker takes invocations",
  );

  const reason = await Promise.race([stopSignal(worker, log), worker.lost]);
  if (reason instanceof Error) {
    log.error({ err: reason }, "the worker has lost its launcher and ends, to be started again");
    process.exitCode = 1;
  } else {
    log.info({ signal: reason, drainMs: config.drainMs }, "the worker finishes what runs");
  }
  await worker.drain();
  await server.close();
  log.info({ worker: worker.id }, "the worker has stopped");
}

/** Metrics keep series of the functions that are deployed, and of no others. */
async function followFunctions({ store }: MayflyWorker, metrics: WorkerMetrics, log: Logger): Promise<void> {
  const follow = async () => metrics.retainFunctions(await store.functions.names());
  store.functions.onChange(() => {
    follow().catch((error: unknown) => log.warn({ err: error }, "metrics do not know the functions"));
  });
  await follow();
}

/** The first signal drains; after a second one what runs is ended and handed back at once. */
async function stopSignal(worker: MayflyWorker, log: Logger): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    let asked = false;
    const ask = (signal: NodeJS.Signals) => {
      if (asked) {
        log.warn({ signal }, "the worker hands back what runs");
        worker.hurry();
      }
      asked = true;
      resolve(signal);
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
  });
}

if (import.meta.main) await main();
