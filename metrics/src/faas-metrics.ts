import type { OutcomeKind, WorkerObserver } from "@mayfly/contract";
import { CALL_SECONDS, CPU_SECONDS, MEMORY_BYTES, NETWORK_BYTES } from "./buckets.ts";
import type { Instruments } from "./instruments.ts";

/**
 * OpenTelemetry's names for the same facts, so that dashboards made for any FaaS work here
 * (https://opentelemetry.io/docs/specs/semconv/faas/faas-metrics/), in their Prometheus form.
 */
export function createFaasMetrics(
  instruments: Instruments,
): Pick<WorkerObserver, "attemptEnded" | "started"> {
  const invokeDuration = instruments.histogramByFunction(
    "faas_invoke_duration_seconds",
    "Duration of the function's own logic.",
    CALL_SECONDS,
  );
  const initDuration = instruments.histogramByFunction(
    "faas_init_duration_seconds",
    "Duration of the function's initialization: runtime boot and code load.",
    CALL_SECONDS,
  );
  const coldStarts = instruments.counterByFunction(
    "faas_coldstarts_total",
    "Attempts that had to boot their runtime.",
  );
  const errors = instruments.counterByFunction(
    "faas_errors_total",
    "Attempts that failed, timeouts among them.",
  );
  const timeouts = instruments.counterByFunction(
    "faas_timeouts_total",
    "Attempts that ran out of wall clock or CPU time.",
  );
  const memory = instruments.histogramByFunction(
    "faas_mem_usage_bytes",
    "Largest memory use of an attempt.",
    MEMORY_BYTES,
  );
  const cpu = instruments.histogramByFunction(
    "faas_cpu_usage_seconds",
    "CPU time of an attempt.",
    CPU_SECONDS,
  );
  const network = instruments.histogramByFunction(
    "faas_net_io_bytes",
    "Bytes that an attempt received and transmitted.",
    NETWORK_BYTES,
  );
  return {
    attemptEnded(name, outcome, receipt) {
      errors(name, isError(outcome) ? 1 : 0);
      timeouts(name, isTimeout(outcome) ? 1 : 0);
      if (receipt === null) return;
      const { rxBytes, txBytes } = receipt.network;
      invokeDuration(name, receipt.timing.runUs / 1e6);
      initDuration(name, receipt.timing.initUs / 1e6);
      memory(name, receipt.memory.peakBytes);
      cpu(name, receipt.cpu.usageUs === null ? null : receipt.cpu.usageUs / 1e6);
      network(name, rxBytes === null || txBytes === null ? null : rxBytes + txBytes);
    },
    started(name, { how }) {
      coldStarts(name, how === "boot" ? 1 : 0);
    },
  };
}

/** Whoever cancels a call does not see it fail. */
function isError(outcome: OutcomeKind): boolean {
  return outcome !== "ok" && outcome !== "cancelled";
}

function isTimeout(outcome: OutcomeKind): boolean {
  return outcome === "timedOut" || outcome === "cpuTimeExceeded";
}
