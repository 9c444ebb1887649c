import type { WorkerGauges, WorkerObserver } from "@mayfly/contract";
import { Counter, collectDefaultMetrics, Gauge } from "prom-client";
import { createAttemptMetrics } from "./attempt-metrics.ts";
import { WAIT_SECONDS } from "./buckets.ts";
import { registerEventLoopDelay } from "./event-loop-delay.ts";
import { type Exposition, expose } from "./exposition.ts";
import { createFaasMetrics } from "./faas-metrics.ts";
import { Instruments } from "./instruments.ts";
import { createInvocationMetrics } from "./invocation-metrics.ts";
import { type MetricsServer, serveMetrics } from "./serve.ts";
import { createStartMetrics } from "./start-metrics.ts";

export interface WorkerMetricsOptions {
  /** Asked at each scrape. */
  readonly gauges: WorkerGauges;
  /** The worker's id. */
  readonly worker: string;
  /** Functions with series of their own; further ones share the label `_other`. */
  readonly maxFunctions?: number;
}

export interface WorkerMetrics {
  readonly observer: WorkerObserver;
  /**
   * The functions that are deployed now. Their counters begin at 0 before the first event, so that a query sees it as
   * an increase; the series of all others are removed. To be called at the start and after each deploy or delete.
   */
  retainFunctions(names: readonly string[]): void;
  /** Every metric, in the format that the scraper's `Accept` asks for. */
  expose(accept: string | undefined): Promise<Exposition>;
  /** Answers `GET /metrics`. @throws Error that names the port where it is in use */
  serve(host: string, port: number): Promise<MetricsServer>;
}

/**
 * A worker's metrics: everything that happens to an attempt.
 *
 * @example
 * const metrics = createWorkerMetrics({ worker: "host-1", gauges });
 * const server = await metrics.serve("127.0.0.1", 9464);
 */
export function createWorkerMetrics({
  gauges,
  worker,
  maxFunctions = 250,
}: WorkerMetricsOptions): WorkerMetrics {
  const instruments = new Instruments(maxFunctions);
  const invocations = createInvocationMetrics(instruments);
  const attempts = createAttemptMetrics(instruments);
  const faas = createFaasMetrics(instruments);
  const starts = createStartMetrics(instruments, gauges);
  const queueWait = instruments.histogramByFunction(
    "mayfly_queue_wait_seconds",
    "From accepted to taken by a worker.",
    WAIT_SECONDS,
  );
  registerGauges(instruments, gauges, worker);
  registerEventLoopDelay(instruments);
  collectDefaultMetrics({ register: instruments.registry });

  const answer = (accept: string | undefined) => expose(instruments.registry, accept);
  return {
    observer: {
      taken: (functionName, queueUs) => queueWait(functionName, queueUs / 1e6),
      attemptEnded(...attempt) {
        attempts.attemptEnded(...attempt);
        faas.attemptEnded(...attempt);
      },
      terminal: invocations.terminal,
      started(...start) {
        starts.started(...start);
        faas.started(...start);
      },
      startFailed: starts.startFailed,
      zygote: starts.zygote,
    },
    retainFunctions: (names) => instruments.retainFunctions(names),
    expose: answer,
    serve: (host, port) => serveMetrics(host, port, answer),
  };
}

function registerGauges({ registry }: Instruments, gauges: WorkerGauges, worker: string): void {
  const registers = [registry];
  new Gauge({
    name: "mayfly_worker_info",
    help: "Always 1; says which worker stands behind an address.",
    labelNames: ["worker"],
    registers,
  }).set({ worker }, 1);
  new Gauge({
    name: "mayfly_worker_slots",
    help: "Invocations that this worker can run at once, by what the slot does now.",
    labelNames: ["state"],
    registers,
    collect() {
      const { total, busy } = gauges.slots();
      this.set({ state: "busy" }, busy);
      this.set({ state: "free" }, total - busy);
    },
  });
  new Counter({
    name: "mayfly_leaked_total",
    help: "What could not be cleaned up after an attempt. Anything but 0 is a fault of Mayfly.",
    labelNames: ["kind"],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(gauges.leaked())) this.inc({ kind }, count);
    },
  });
}
