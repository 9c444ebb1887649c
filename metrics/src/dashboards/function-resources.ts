import type { Section } from "./dashboard.ts";
import { ONE, quantile, rate } from "./function-queries.ts";
import { graph } from "./panels.ts";

/** Which of its limits does the function meet. */
export function resourceSections(): Section[] {
  return [cpu(), memory(), rest()];
}

function cpu(): Section {
  return {
    title: "CPU",
    panels: [
      graph({
        title: "CPUs used",
        description:
          "Over all its concurrent attempts. user and system miss attempts below a tick on cgroup v1; all does not.",
        unit: "none",
        queries: [
          [rate("mayfly_cpu_usage_seconds_total"), "all"],
          [rate("mayfly_cpu_seconds_total", "mode"), "{{mode}}"],
        ],
      }),
      graph({
        title: "CPU time of an attempt",
        description:
          "What one attempt computes; compare it with the handler's time to see whether it waits for something.",
        unit: "s",
        queries: [
          [quantile(0.5, "faas_cpu_usage_seconds"), "median"],
          [quantile(0.99, "faas_cpu_usage_seconds"), "p99"],
        ],
      }),
      graph({
        title: "Throttled periods",
        description: "Share of CPU periods in which the quota was used up. Above 50 % for ten minutes warns.",
        unit: "percentunit",
        max: 1,
        levels: { warn: 0.25, bad: 0.5 },
        queries: [
          [
            `${rate("mayfly_cpu_throttled_periods_total")} / (${rate("mayfly_cpu_periods_total")} > 0)`,
            "throttled",
          ],
        ],
      }),
      graph({
        title: "Throttled time",
        description: "Seconds per second that its runnable processes were held back. The limit is in CPUs.",
        unit: "none",
        queries: [
          [rate("mayfly_cpu_throttled_seconds_total"), "held back"],
          [`max(mayfly_cpu_limit_cores{${ONE}})`, "limit of one attempt"],
        ],
      }),
    ],
  };
}

function memory(): Section {
  return {
    title: "Memory",
    panels: [
      graph({
        title: "Peak of an attempt",
        description: "Page cache and tmpfs included, as the limit counts it. Dots are single invocations.",
        unit: "bytes",
        exemplars: "shown",
        queries: [
          [quantile(0.5, "mayfly_memory_peak_bytes"), "median"],
          [quantile(0.99, "mayfly_memory_peak_bytes"), "p99"],
          [`max(mayfly_memory_limit_bytes{${ONE}})`, "limit"],
        ],
      }),
      graph({
        title: "Memory kills",
        description:
          "Processes that the kernel killed at the memory limit, and page faults that waited for a disk.",
        unit: "ops",
        queries: [
          [rate("mayfly_oom_kills_total"), "OOM kills"],
          [rate("mayfly_major_faults_total"), "major faults"],
        ],
      }),
    ],
  };
}

function rest(): Section {
  return {
    title: "Processes, disk, network",
    panels: [
      graph({
        title: "Processes and threads",
        description: "Peak of an attempt, and its limit.",
        unit: "none",
        width: 6,
        queries: [
          [quantile(0.99, "mayfly_pids_peak"), "p99"],
          [`max(mayfly_pids_limit{${ONE}})`, "limit"],
        ],
      }),
      graph({
        title: "Forks refused",
        description: "Forks and threads that the kernel refused at the limit.",
        unit: "ops",
        width: 6,
        queries: [[rate("mayfly_pids_refused_total"), "refused"]],
      }),
      graph({
        title: "Disk",
        description:
          "Bytes per second to and from block devices. Cgroup v1 counts only under a device limit.",
        unit: "Bps",
        width: 6,
        queries: [[rate("mayfly_io_bytes_total", "direction"), "{{direction}}"]],
      }),
      graph({
        title: "Network",
        description: "Bytes per second, loopback included.",
        unit: "Bps",
        width: 6,
        queries: [[rate("mayfly_network_bytes_total", "direction"), "{{direction}}"]],
      }),
    ],
  };
}
