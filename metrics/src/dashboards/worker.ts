import { chosenFrom, dashboard, functionLink, type Section, UID } from "./dashboard.ts";
import { graph, stat } from "./panels.ts";

const ONE = 'job="mayfly-worker",instance="$worker"';

/** Shows the worker's id and selects by the address that its series carry. */
const ID_AND_ADDRESS = '/worker="(?<text>[^"]+)|instance="(?<value>[^"]+)/g';

/** One worker: is it well, what does it run, what does it cost. */
export function oneWorker() {
  return dashboard({
    uid: UID.worker,
    title: "Mayfly / Worker",
    description: "One worker: is it well, what does it run, what does the process itself cost.",
    variables: [chosenFrom("worker", "Worker", "query_result(mayfly_worker_info)", ID_AND_ADDRESS)],
    sections: [verdict(), work(), sandboxes(), process()],
  });
}

function verdict(): Section {
  return {
    title: "Is it well?",
    panels: [
      stat({
        title: "Missed scrapes",
        description: "Share of the last five minutes' scrapes that it did not answer.",
        unit: "percentunit",
        levels: { warn: 0.05, bad: 0.5 },
        queries: [[`1 - avg_over_time(up{${ONE}}[5m])`, "missed"]],
      }),
      stat({
        title: "Started",
        description: "A recent start that nobody asked for: read the end of the log before it.",
        unit: "dateTimeFromNow",
        queries: [[`1000 * process_start_time_seconds{${ONE}}`, "started"]],
      }),
      stat({
        title: "Slots busy",
        description: "Share of its slots that run something.",
        unit: "percentunit",
        levels: { warn: 0.8, bad: 0.95 },
        queries: [
          [`sum(mayfly_worker_slots{${ONE},state="busy"}) / sum(mayfly_worker_slots{${ONE}})`, "busy"],
        ],
      }),
      stat({
        title: "Event loop delay, p99",
        description: "Above the lock's time (8 s by default) it loses its jobs to another.",
        unit: "s",
        levels: { warn: 0.1, bad: 0.5 },
        queries: [[`mayfly_event_loop_delay_seconds{${ONE},quantile="0.99"}`, "delay"]],
      }),
      stat({
        title: "Our own failures",
        description: "Attempts of the last hour that ended as systemFailure here.",
        unit: "short",
        levels: { bad: 1 },
        queries: [[`sum(increase(mayfly_attempts_total{${ONE},outcome="systemFailure"}[1h]))`, "failures"]],
      }),
      stat({
        title: "Leaked",
        description: "By kind. Anything but 0: keep the log, then drain and restart it.",
        unit: "none",
        levels: { bad: 1 },
        queries: [[`sum by (kind) (mayfly_leaked_total{${ONE}})`, "{{kind}}"]],
      }),
    ],
  };
}

function work(): Section {
  return {
    title: "What does it run?",
    panels: [
      graph({
        title: "Attempts by outcome",
        description:
          "How attempts ended here; compare it with another worker to tell the function's fault from the host's.",
        unit: "reqps",
        stacked: "stacked",
        queries: [
          [`sum by (outcome) (rate(mayfly_attempts_total{${ONE}}[$__rate_interval])) > 0`, "{{outcome}}"],
        ],
      }),
      graph({
        title: "Attempts by function",
        description: "The ten busiest functions on this worker.",
        unit: "reqps",
        stacked: "stacked",
        queries: [
          [
            `topk(10, sum by (function) (rate(mayfly_attempts_total{${ONE}}[$__rate_interval])))`,
            "{{function}}",
          ],
        ],
        link: functionLink("__field.labels.function"),
      }),
      graph({
        title: "Slots",
        description: "What its slots do.",
        unit: "none",
        stacked: "stacked",
        queries: [[`sum by (state) (mayfly_worker_slots{${ONE}})`, "{{state}}"]],
      }),
      graph({
        title: "CPU of functions",
        description: "CPUs that functions use on this worker, the ten hungriest.",
        unit: "none",
        stacked: "stacked",
        queries: [
          [
            `topk(10, sum by (function) (rate(mayfly_cpu_usage_seconds_total{${ONE}}[$__rate_interval])))`,
            "{{function}}",
          ],
        ],
        link: functionLink("__field.labels.function"),
      }),
    ],
  };
}

function sandboxes(): Section {
  return {
    title: "What does a sandbox cost here?",
    panels: [
      graph({
        title: "Starts",
        description:
          "How processes came to be: parked cost the least, onDemand a fork, boot ten times that. Boots that grow: see why beside.",
        unit: "reqps",
        stacked: "stacked",
        queries: [[`sum by (how) (rate(mayfly_starts_total{${ONE}}[$__rate_interval]))`, "{{how}}"]],
      }),
      graph({
        title: "Boots, by reason",
        description:
          "Why processes were no copies of a zygote. noZygote that stays: raise MAYFLY_ZYGOTE_MEMORY, or read in the log why none could be opened.",
        unit: "reqps",
        stacked: "stacked",
        queries: [[`sum by (why) (rate(mayfly_boots_total{${ONE}}[$__rate_interval]))`, "{{why}}"]],
      }),
      graph({
        title: "Zygotes",
        description: "Zygotes, and copies kept ready. No zygote at all: every call boots.",
        unit: "none",
        width: 8,
        queries: [
          [`sum(mayfly_zygotes{${ONE}})`, "zygotes"],
          [`sum(mayfly_parked{${ONE}})`, "parked"],
        ],
      }),
      graph({
        title: "Memory of zygotes",
        description: "What they took when they were opened; MAYFLY_ZYGOTE_MEMORY is its ceiling.",
        unit: "bytes",
        width: 8,
        queries: [[`sum by (runtime) (mayfly_zygote_memory_bytes{${ONE}})`, "{{runtime}}"]],
      }),
      graph({
        title: "Failures to start, and of zygotes",
        description:
          "Anything but 0: the worker's log says what failed. A failed fork is tried again by a boot.",
        unit: "reqps",
        width: 8,
        levels: { bad: 0.01 },
        queries: [
          [
            `sum by (isolation) (rate(mayfly_start_failures_total{${ONE}}[$__rate_interval]))`,
            "start, {{isolation}}",
          ],
          [`sum(rate(mayfly_zygote_events_total{${ONE},event="failed"}[$__rate_interval]))`, "zygote"],
        ],
      }),
      graph({
        title: "Phases, median",
        description:
          "setup and teardown that grow: the kernel is busy with namespaces or cgroups. init that grows: the disk or the CPU.",
        unit: "s",
        queries: [[phaseQuantile(0.5), "{{phase}}"]],
      }),
      graph({
        title: "Phases, p99",
        description: "The slowest of a hundred.",
        unit: "s",
        queries: [[phaseQuantile(0.99), "{{phase}}"]],
      }),
    ],
  };
}

function phaseQuantile(q: number): string {
  return `histogram_quantile(${q}, sum by (phase, le) (rate(mayfly_phase_duration_seconds_bucket{${ONE}}[$__rate_interval])))`;
}

function process(): Section {
  return {
    title: "The process itself",
    panels: [
      graph({
        title: "CPU",
        description: "Of the worker's own process; the functions' is above.",
        unit: "percentunit",
        width: 8,
        queries: [
          [`rate(process_cpu_user_seconds_total{${ONE}}[$__rate_interval])`, "user"],
          [`rate(process_cpu_system_seconds_total{${ONE}}[$__rate_interval])`, "system"],
        ],
      }),
      graph({
        title: "Memory",
        description: "A line that climbs for hours is a leak in the worker.",
        unit: "bytes",
        width: 8,
        queries: [
          [`process_resident_memory_bytes{${ONE}}`, "resident"],
          [`nodejs_heap_size_used_bytes{${ONE}}`, "heap used"],
        ],
      }),
      graph({
        title: "File descriptors",
        description: "Open ones, and how many it may have. A line that climbs is a leak in the worker.",
        unit: "none",
        width: 8,
        queries: [
          [`process_open_fds{${ONE}}`, "open"],
          [`process_max_fds{${ONE}}`, "limit"],
        ],
      }),
      graph({
        title: "Event loop delay",
        description: "How late timers fire. A worker that keeps up stays below 5 ms.",
        unit: "s",
        levels: { warn: 0.1, bad: 0.5 },
        queries: [
          [`mayfly_event_loop_delay_seconds{${ONE},quantile="0.5"}`, "median"],
          [`mayfly_event_loop_delay_seconds{${ONE},quantile="0.99"}`, "p99"],
        ],
      }),
      graph({
        title: "Garbage collection",
        description: "Share of time, by kind.",
        unit: "percentunit",
        queries: [
          [`sum by (kind) (rate(nodejs_gc_duration_seconds_sum{${ONE}}[$__rate_interval]))`, "{{kind}}"],
        ],
      }),
    ],
  };
}
