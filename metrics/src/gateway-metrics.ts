import type { WorkerObserver } from "@mayfly/contract";
import { Counter, collectDefaultMetrics } from "prom-client";
import { type BacklogReader, createBacklogMetrics } from "./backlog-metrics.ts";
import { type Exposition, expose } from "./exposition.ts";
import { Instruments } from "./instruments.ts";
import { createInvocationMetrics } from "./invocation-metrics.ts";

export interface GatewayMetricsOptions {
  /** Asked at each scrape: the queues of all functions that are deployed. */
  readonly backlog: BacklogReader;
  /** Functions with series of their own; further ones share the label `_other`. */
  readonly maxFunctions?: number;
}

export interface GatewayMetrics extends Pick<WorkerObserver, "terminal"> {
  /** One answer was given. `route` is the route's pattern, never the path, so that the label set is bounded. */
  requestEnded(route: string, status: number): void;
  /** Every metric, in the format that the scraper's `Accept` asks for. */
  expose(accept: string | undefined): Promise<Exposition>;
}

/** A gateway's metrics: its answers, the queues, and the invocations whose terminal record it wrote itself. */
export function createGatewayMetrics({ backlog, maxFunctions = 250 }: GatewayMetricsOptions): GatewayMetrics {
  const instruments = new Instruments(maxFunctions);
  const { terminal } = createInvocationMetrics(instruments);
  const readBacklog = createBacklogMetrics(instruments, backlog);
  const requests = new Counter({
    name: "mayfly_http_requests_total",
    help: "HTTP answers, by route pattern and status.",
    labelNames: ["route", "status"],
    registers: [instruments.registry],
  });
  collectDefaultMetrics({ register: instruments.registry });
  return {
    terminal,
    requestEnded: (route, status) => requests.inc({ route, status: String(status) }),
    async expose(accept) {
      await readBacklog();
      return expose(instruments.registry, accept);
    },
  };
}
