import { type Limits, OUTCOME_KINDS, type Receipt, type WorkerObserver } from "@mayfly/contract";
import { Histogram } from "prom-client";
import { MEMORY_BYTES, PHASE_SECONDS, PIDS } from "./buckets.ts";
import type { Instruments } from "./instruments.ts";

const seconds = (microseconds: number | null) => (microseconds === null ? null : microseconds / 1e6);

/** What every attempt used, from the kernel's counters in its receipt, and what it was allowed. */
export function createAttemptMetrics(instruments: Instruments): Pick<WorkerObserver, "attemptEnded"> {
  const attempts = instruments.counterByFunction(
    "mayfly_attempts_total",
    "Attempts that ended, by outcome; an invocation that is retried has several.",
    { name: "outcome", values: OUTCOME_KINDS },
  );
  const consumers = [
    observePhases(instruments),
    countCpu(instruments),
    observeMemory(instruments),
    countPids(instruments),
    countTransfers(instruments),
  ];
  const limitsOf = observeLimits(instruments);
  return {
    attemptEnded(functionName, outcome, receipt, limits, invocationId) {
      attempts(functionName, 1, outcome);
      limitsOf(functionName, limits);
      if (receipt === null) return;
      for (const consume of consumers) consume(functionName, receipt, invocationId);
    },
  };
}

type ReceiptConsumer = (functionName: string, receipt: Receipt, invocationId: string) => void;

function observePhases({ registry }: Instruments): ReceiptConsumer {
  const phase = new Histogram({
    name: "mayfly_phase_duration_seconds",
    help: "Phases of an attempt: setup (sandbox), init (runtime boot, code load), run (handler), teardown (kill, clean-up).",
    labelNames: ["phase"],
    buckets: PHASE_SECONDS,
    registers: [registry],
  });
  return (_, { timing }) => {
    phase.observe({ phase: "setup" }, timing.setupUs / 1e6);
    phase.observe({ phase: "init" }, timing.initUs / 1e6);
    phase.observe({ phase: "run" }, timing.runUs / 1e6);
    phase.observe({ phase: "teardown" }, timing.teardownUs / 1e6);
  };
}

function countCpu(instruments: Instruments): ReceiptConsumer {
  const usage = instruments.counterByFunction(
    "mayfly_cpu_usage_seconds_total",
    "CPU time of functions, exact in every cgroup mode.",
  );
  const byMode = instruments.counterByFunction(
    "mayfly_cpu_seconds_total",
    "CPU time of functions by mode. On cgroup v1 in ticks of 10 ms: attempts below one tick are missing here.",
    { name: "mode", values: ["user", "system"] },
  );
  const throttled = instruments.counterByFunction(
    "mayfly_cpu_throttled_seconds_total",
    "Time that runnable functions were held back by their CPU quota.",
  );
  const periods = instruments.counterByFunction(
    "mayfly_cpu_periods_total",
    "CFS periods in which functions with a CPU quota were runnable.",
  );
  const throttledPeriods = instruments.counterByFunction(
    "mayfly_cpu_throttled_periods_total",
    "CFS periods in which functions used up their CPU quota.",
  );
  return (name, { cpu }) => {
    usage(name, seconds(cpu.usageUs));
    byMode(name, seconds(cpu.userUs), "user");
    byMode(name, seconds(cpu.systemUs), "system");
    throttled(name, seconds(cpu.throttledUs));
    periods(name, cpu.periods);
    throttledPeriods(name, cpu.throttledPeriods);
  };
}

function observeMemory(instruments: Instruments): ReceiptConsumer {
  const peak = instruments.histogramByFunction(
    "mayfly_memory_peak_bytes",
    "Largest memory use of an attempt, page cache and tmpfs included, as the kernel's limit counts it.",
    MEMORY_BYTES,
  );
  const kills = instruments.counterByFunction(
    "mayfly_oom_kills_total",
    "Processes that the kernel killed because their function's memory limit was reached.",
  );
  const faults = instruments.counterByFunction(
    "mayfly_major_faults_total",
    "Page faults of functions that had to wait for a disk.",
  );
  return (name, { memory }, invocationId) => {
    peak(name, memory.peakBytes, invocationId);
    kills(name, memory.oomKills);
    faults(name, memory.majorFaults);
  };
}

function countPids(instruments: Instruments): ReceiptConsumer {
  const peak = instruments.histogramByFunction(
    "mayfly_pids_peak",
    "Most processes and threads that an attempt had at once.",
    PIDS,
  );
  const refused = instruments.counterByFunction(
    "mayfly_pids_refused_total",
    "Forks and threads that the kernel refused because the pids limit was reached.",
  );
  return (name, { pids }, invocationId) => {
    peak(name, pids.peak, invocationId);
    refused(name, pids.refused);
  };
}

function countTransfers(instruments: Instruments): ReceiptConsumer {
  const ioBytes = instruments.counterByFunction(
    "mayfly_io_bytes_total",
    "Bytes read from and written to block devices. Cgroup v1 counts none unless a device limit is set.",
    { name: "direction", values: ["read", "write"] },
  );
  const ioOperations = instruments.counterByFunction(
    "mayfly_io_operations_total",
    "Operations on block devices. Cgroup v1 counts none unless a device limit is set.",
    { name: "direction", values: ["read", "write"] },
  );
  const networkBytes = instruments.counterByFunction(
    "mayfly_network_bytes_total",
    "Bytes that functions received and transmitted, loopback included.",
    { name: "direction", values: ["receive", "transmit"] },
  );
  return (name, { io, network }) => {
    ioBytes(name, io.readBytes, "read");
    ioBytes(name, io.writeBytes, "write");
    ioOperations(name, io.readOps, "read");
    ioOperations(name, io.writeOps, "write");
    networkBytes(name, network.rxBytes, "receive");
    networkBytes(name, network.txBytes, "transmit");
  };
}

function observeLimits(instruments: Instruments): (functionName: string, limits: Limits) => void {
  const memory = instruments.gaugeByFunction("mayfly_memory_limit_bytes", "Memory limit of a function.");
  const cpus = instruments.gaugeByFunction("mayfly_cpu_limit_cores", "CPUs that a function may use.");
  const pids = instruments.gaugeByFunction("mayfly_pids_limit", "Processes and threads a function may have.");
  const timeout = instruments.gaugeByFunction("mayfly_timeout_seconds", "Wall clock limit of a function.");
  return (name, limits) => {
    memory(name, limits.memoryBytes);
    cpus(name, limits.cpuQuotaUs === null ? null : limits.cpuQuotaUs / limits.cpuPeriodUs);
    pids(name, limits.pidsLimit);
    timeout(name, limits.timeoutMs / 1000);
  };
}
