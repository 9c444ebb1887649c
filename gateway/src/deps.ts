import type { HttpBindings } from "@hono/node-server";
import type { Producer } from "@mayfly/queue";
import type { Store } from "@mayfly/store";
import type { Caller } from "./auth/caller.ts";
import type { GatewayConfig } from "./config.ts";

/** What the gateway tells of its own work, and what `/metrics` answers. Optional to everything else. */
export interface GatewayMetrics {
  /** Every metric, in the format (Prometheus or OpenMetrics) that the scraper's `Accept` asks for. */
  expose(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }>;
  /** One answer was given. `route` is the route's pattern, never the path, so that the label set is bounded. */
  requestEnded(route: string, status: number): void;
}

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface GatewayDeps {
  readonly store: Store;
  readonly producer: Producer;
  readonly config: GatewayConfig;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts once the gateway is asked to end: long waits are cut short, and `/readyz` says no. */
  readonly draining: AbortSignal;
}

/** Hono's environment. The bindings are missing where a test calls `app.request()` without a socket. */
export interface GatewayEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { caller: Caller };
}
