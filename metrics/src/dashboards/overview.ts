import { dashboard, functionLink, type Section, UID, workerLink } from "./dashboard.ts";
import { graph, stat } from "./panels.ts";
import { tableBy, tableOfMoments } from "./tables.ts";

const FAILED = 'outcome!~"ok|cancelled"';
const FAILURES = `function_outcome:mayfly_invocations:rate5m{${FAILED}}`;

/** From top to bottom: is it well, what fails and since when, which function, is there room, what do we cost. */
export function overview() {
  return dashboard({
    uid: UID.overview,
    title: "Mayfly / Overview",
    description:
      "Is it well, what fails and since when, is there room. A function's or worker's name leads to its own dashboard.",
    variables: [],
    sections: [verdict(), failures(), functions(), room(), ownCost()],
  });
}

function verdict(): Section {
  return {
    title: "Is it well?",
    panels: [
      stat({
        title: "Alerts firing",
        description: "Mayfly's alerts that fire now; the table below names them.",
        unit: "none",
        width: 3,
        levels: { bad: 1 },
        queries: [['count(ALERTS{alertname=~"Mayfly.+",alertstate="firing"}) or vector(0)', "alerts"]],
      }),
      stat({
        title: "Calls failing",
        description:
          "Share of the last minutes' invocations that ended in anything but ok; cancelled ones do not count.",
        unit: "percentunit",
        width: 3,
        levels: { warn: 0.01, bad: 0.1 },
        queries: [
          [
            `sum(${FAILURES}) / (sum(function_outcome:mayfly_invocations:rate5m{outcome!="cancelled"}) > 0)`,
            "failing",
          ],
        ],
      }),
      stat({
        title: "Our own failures",
        description:
          "Invocations of the last five minutes that ended as workerLost or systemFailure: no function is to blame.",
        unit: "short",
        width: 3,
        levels: { bad: 1 },
        queries: [
          ['sum(increase(mayfly_invocations_total{outcome=~"workerLost|systemFailure"}[5m]))', "failures"],
        ],
      }),
      stat({
        title: "Calls",
        description: "Invocations that ended, per second.",
        unit: "reqps",
        width: 3,
        queries: [["sum(function:mayfly_invocations:rate5m)", "calls"]],
      }),
      stat({
        title: "Oldest waiting",
        description: "How long the job that has waited longest has waited. Above a minute somebody is paged.",
        unit: "s",
        width: 3,
        levels: { warn: 10, bad: 60 },
        queries: [["max(function:mayfly_queue_oldest_age_seconds:max)", "age"]],
      }),
      stat({
        title: "Slots busy",
        description: "Share of all workers' slots that run something. At 100 % further calls wait.",
        unit: "percentunit",
        width: 3,
        levels: { warn: 0.8, bad: 0.95 },
        queries: [["mayfly:worker_slots:busy_ratio", "busy"]],
      }),
      stat({
        title: "Up",
        description: "How many workers and gateways answer Prometheus.",
        unit: "none",
        width: 3,
        queries: [
          ['sum(up{job="mayfly-worker"})', "workers"],
          ['sum(up{job="mayfly-gateway"})', "gateways"],
        ],
      }),
      stat({
        title: "Leaked",
        description:
          "Processes, cgroups, mounts and network namespaces that could not be cleaned up. Anything but 0 is a fault of Mayfly.",
        unit: "none",
        width: 3,
        levels: { bad: 1 },
        queries: [["sum(mayfly_leaked_total)", "leaked"]],
      }),
    ],
  };
}

function failures(): Section {
  return {
    title: "What fails, why, since when?",
    panels: [
      tableOfMoments({
        title: "Firing alerts",
        description: "Empty is good. Each alert's `runbook` in rules/alerts.yml says what to do first.",
        expr: '1000 * (ALERTS_FOR_STATE{alertname=~"Mayfly.+"} and ignoring (alertstate) ALERTS{alertstate="firing"})',
        labels: ["severity", "alertname", "function", "outcome", "kind", "instance"],
        momentTitle: "since",
      }),
      graph({
        title: "Failures by function",
        description:
          "Failed invocations per second. A step tells the minute when it began; the blue lines are deploys.",
        unit: "reqps",
        queries: [[`topk(10, sum by (function) (${FAILURES}) > 0)`, "{{function}}"]],
        link: functionLink("__field.labels.function"),
      }),
      graph({
        title: "Failures by reason",
        description:
          "Over all functions: their code (functionError, exited), a limit (outOfMemory, timedOut, …) or us (workerLost, systemFailure).",
        unit: "reqps",
        stacked: "stacked",
        queries: [[`sum by (outcome) (${FAILURES}) > 0`, "{{outcome}}"]],
      }),
    ],
  };
}

function functions(): Section {
  return {
    title: "Which function?",
    panels: [
      tableBy({
        title: "Functions",
        description: "The last five minutes of each; worst first.",
        rowLabel: "function",
        link: functionLink("__value.text"),
        sortBy: "failing",
        columns: [
          { title: "calls/s", unit: "reqps", expr: "function:mayfly_invocations:rate5m" },
          {
            title: "failing",
            unit: "percentunit",
            expr: "function:mayfly_failures:ratio_rate5m",
            levels: { warn: 0.01, bad: 0.1 },
          },
          { title: "median", unit: "s", expr: "function:mayfly_invocation_duration_seconds:p50_5m" },
          { title: "p99", unit: "s", expr: "function:mayfly_invocation_duration_seconds:p99_5m" },
          {
            title: "waiting",
            unit: "short",
            expr: 'sum by (function) (function_state:mayfly_queue_jobs:max{state=~"waiting|prioritized"})',
          },
          {
            title: "oldest",
            unit: "s",
            expr: "function:mayfly_queue_oldest_age_seconds:max",
            levels: { warn: 10, bad: 60 },
          },
          {
            title: "throttled",
            unit: "percentunit",
            expr: "function:mayfly_cpu_throttled_periods:ratio_rate5m",
            levels: { warn: 0.25, bad: 0.5 },
          },
          {
            title: "memory of limit",
            unit: "percentunit",
            expr: "function:mayfly_memory_peak_bytes:p99_1h / on (function) max by (function) (mayfly_memory_limit_bytes)",
            levels: { warn: 0.8, bad: 0.95 },
          },
          {
            title: "OOM kills, 1 h",
            unit: "short",
            expr: "sum by (function) (increase(mayfly_oom_kills_total[1h]))",
            levels: { warn: 1 },
          },
        ],
      }),
    ],
  };
}

function room(): Section {
  return {
    title: "Is there room?",
    panels: [
      graph({
        title: "Calls by function",
        description: "Invocations that ended per second, the ten busiest functions.",
        unit: "reqps",
        stacked: "stacked",
        queries: [["topk(10, function:mayfly_invocations:rate5m)", "{{function}}"]],
        link: functionLink("__field.labels.function"),
      }),
      graph({
        title: "Slots",
        description: "What the workers' slots do. Calls wait once none is free.",
        unit: "none",
        stacked: "stacked",
        queries: [["sum by (state) (mayfly_worker_slots)", "{{state}}"]],
      }),
      graph({
        title: "Waiting jobs",
        description: "The ten longest queues. A line that climbs is served more slowly than it fills.",
        unit: "short",
        queries: [
          [
            'topk(10, sum by (function) (function_state:mayfly_queue_jobs:max{state=~"waiting|prioritized"}))',
            "{{function}}",
          ],
        ],
        link: functionLink("__field.labels.function"),
      }),
      graph({
        title: "Time from accepted to taken, p99",
        description: "How long calls wait for a slot; the ten worst functions.",
        unit: "s",
        queries: [["topk(10, function:mayfly_queue_wait_seconds:p99_5m)", "{{function}}"]],
        link: functionLink("__field.labels.function"),
      }),
      graph({
        title: "HTTP answers",
        description: "Of all gateways, by status. 429: a queue is full. 503: ours. 499: the caller left.",
        unit: "reqps",
        queries: [["sum by (status) (rate(mayfly_http_requests_total[$__rate_interval]))", "{{status}}"]],
      }),
      graph({
        title: "CPU of functions",
        description: "CPUs that functions use, the ten hungriest.",
        unit: "none",
        stacked: "stacked",
        queries: [
          [
            "topk(10, sum by (function) (rate(mayfly_cpu_usage_seconds_total[$__rate_interval])))",
            "{{function}}",
          ],
        ],
        link: functionLink("__field.labels.function"),
      }),
    ],
  };
}

function ownCost(): Section {
  return {
    title: "What do we cost?",
    panels: [
      graph({
        title: "Phases of an attempt, p99",
        description:
          "setup: code, namespaces, root, cgroup. init: the runtime's boot and the code's load. run: the handler. teardown: until the cgroup is gone.",
        unit: "s",
        queries: [["phase:mayfly_phase_duration_seconds:p99_5m", "{{phase}}"]],
      }),
      graph({
        title: "Phases of an attempt, median",
        description: "The same in the middle; setup and teardown are what we answer for.",
        unit: "s",
        queries: [["phase:mayfly_phase_duration_seconds:p50_5m", "{{phase}}"]],
      }),
      graph({
        title: "Event loop lag, p99",
        description: "A worker whose loop is blocked longer than its locks last loses its jobs to another.",
        unit: "s",
        levels: { warn: 0.1, bad: 0.5 },
        queries: [['nodejs_eventloop_lag_p99_seconds{job=~"mayfly-.+"}', "{{job}} {{instance}}"]],
        link: workerLink("__field.labels.instance"),
      }),
      graph({
        title: "Queues readable",
        description: "1 while the gateway can read the queues, 0 while Redis does not answer it.",
        unit: "none",
        max: 1,
        queries: [["mayfly_backlog_up", "{{instance}}"]],
      }),
    ],
  };
}
