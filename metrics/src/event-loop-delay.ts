import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge } from "prom-client";
import type { Instruments } from "./instruments.ts";

const LOOKS_EVERY_MS = 10;
const QUANTILES = [0.5, 0.9, 0.99, 0.999];

/**
 * How late the event loop is, since the last scrape. Node measures from one look to the next, so that a loop which is
 * never late shows the time between two looks (prom-client's `nodejs_eventloop_lag_*` are so); here that is taken off.
 */
export function registerEventLoopDelay({ registry }: Instruments): void {
  const delays = monitorEventLoopDelay({ resolution: LOOKS_EVERY_MS });
  delays.enable();
  new Gauge({
    name: "mayfly_event_loop_delay_seconds",
    help: "How late timers fired, by quantile, since the last scrape.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        const seconds = delays.count === 0 ? 0 : delays.percentile(quantile * 100) / 1e9;
        this.set({ quantile }, Math.max(0, seconds - LOOKS_EVERY_MS / 1000));
      }
      delays.reset();
    },
  });
}
