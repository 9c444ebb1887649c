import {
  BOOT_REASONS,
  ISOLATIONS,
  type WorkerGauges,
  type WorkerObserver,
  ZYGOTE_EVENTS,
  ZYGOTE_RUNTIMES,
} from "@mayfly/contract";
import { Counter, Gauge } from "prom-client";
import type { Instruments } from "./instruments.ts";

/** How processes come to be: copies of zygotes, or boots, and what the zygotes cost. */
export function createStartMetrics(
  { registry }: Instruments,
  gauges: Pick<WorkerGauges, "zygotes">,
): Pick<WorkerObserver, "started" | "startFailed" | "zygote"> {
  const registers = [registry];
  const starts = new Counter({
    name: "mayfly_starts_total",
    help: "Processes of attempts, by how they came to be: parked ahead, forked on demand, or booted.",
    labelNames: ["how"],
    registers,
  });
  const boots = new Counter({
    name: "mayfly_boots_total",
    help: "Processes that booted, by why they were no copies of a zygote.",
    labelNames: ["why"],
    registers,
  });
  const failures = new Counter({
    name: "mayfly_start_failures_total",
    help: "Processes that could not be started, by how it was tried. Each is tried once more by a boot.",
    labelNames: ["isolation"],
    registers,
  });
  const events = new Counter({
    name: "mayfly_zygote_events_total",
    help: "What became of zygotes. Failed: could not be opened, ended by itself, or could not fork.",
    labelNames: ["runtime", "event"],
    registers,
  });
  for (const how of ["parked", "onDemand", "boot"]) starts.inc({ how }, 0);
  for (const why of BOOT_REASONS) boots.inc({ why }, 0);
  for (const isolation of ISOLATIONS) failures.inc({ isolation }, 0);
  registerZygoteGauges(registry, gauges);
  for (const runtime of ZYGOTE_RUNTIMES) for (const event of ZYGOTE_EVENTS) events.inc({ runtime, event }, 0);
  return {
    started(_, start) {
      starts.inc({ how: start.how });
      if (start.how === "boot") boots.inc({ why: start.why });
    },
    startFailed: (isolation) => failures.inc({ isolation }),
    zygote: (runtime, event) => events.inc({ runtime, event }),
  };
}

function registerZygoteGauges(
  registry: Instruments["registry"],
  { zygotes }: Pick<WorkerGauges, "zygotes">,
): void {
  const rows = [
    ["mayfly_zygotes", "Zygotes that can be forked.", "count"],
    ["mayfly_parked", "Copies of zygotes that are kept ready for calls to come.", "parked"],
    ["mayfly_zygote_memory_bytes", "What zygotes took when they were opened.", "memoryBytes"],
  ] as const;
  for (const [name, help, field] of rows)
    new Gauge({
      name,
      help,
      labelNames: ["runtime"],
      registers: [registry],
      collect() {
        for (const stats of zygotes()) this.set({ runtime: stats.runtime }, stats[field]);
      },
    });
}
