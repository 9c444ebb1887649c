import { chosenFrom, dashboard, type Section, UID } from "./dashboard.ts";
import { mean, ONE, quantile, rate } from "./function-queries.ts";
import { resourceSections } from "./function-resources.ts";
import { graph, heatmap, stat } from "./panels.ts";

/** One function: does it fail and why, is it slow and where, which limit does it meet. */
export function oneFunction() {
  return dashboard({
    uid: UID.function,
    title: "Mayfly / Function",
    description: "One function: does it fail and why, is it slow and where, which limit does it meet.",
    variables: [chosenFrom("function", "Function", "label_values(mayfly_queue_jobs, function)")],
    sections: [verdict(), failures(), latency(), queue(), ...resourceSections()],
  });
}

function verdict(): Section {
  return {
    title: "Is $function well?",
    panels: [
      stat({
        title: "Failing",
        description: "Share of the last five minutes' invocations that failed.",
        unit: "percentunit",
        levels: { warn: 0.01, bad: 0.1 },
        queries: [[`function:mayfly_failures:ratio_rate5m{${ONE}}`, "failing"]],
      }),
      stat({
        title: "Calls",
        description: "Invocations that ended, per second.",
        unit: "reqps",
        queries: [[`function:mayfly_invocations:rate5m{${ONE}}`, "calls"]],
      }),
      stat({
        title: "p99",
        description: "Whole invocation, waiting and retries included.",
        unit: "s",
        queries: [[`function:mayfly_invocation_duration_seconds:p99_5m{${ONE}}`, "p99"]],
      }),
      stat({
        title: "Oldest waiting",
        description: "How long its oldest waiting job has waited.",
        unit: "s",
        levels: { warn: 10, bad: 60 },
        queries: [[`function:mayfly_queue_oldest_age_seconds:max{${ONE}}`, "age"]],
      }),
      stat({
        title: "Memory of limit",
        description: "The last hour's 99th percentile of the peak, as a share of the limit.",
        unit: "percentunit",
        levels: { warn: 0.8, bad: 0.95 },
        queries: [
          [
            `function:mayfly_memory_peak_bytes:p99_1h{${ONE}} / on (function) max by (function) (mayfly_memory_limit_bytes{${ONE}})`,
            "of limit",
          ],
        ],
      }),
      stat({
        title: "CPU periods throttled",
        description: "Share of CPU periods in which it had used up its quota.",
        unit: "percentunit",
        levels: { warn: 0.25, bad: 0.5 },
        queries: [[`function:mayfly_cpu_throttled_periods:ratio_rate5m{${ONE}}`, "throttled"]],
      }),
    ],
  };
}

function failures(): Section {
  return {
    title: "Does it fail, and why?",
    panels: [
      graph({
        title: "Invocations by outcome",
        description: "How they ended. The step at which a colour appears is the minute when it began.",
        unit: "reqps",
        stacked: "stacked",
        queries: [[`function_outcome:mayfly_invocations:rate5m{${ONE}} > 0`, "{{outcome}}"]],
      }),
      graph({
        title: "Attempts per invocation",
        description: "Above 1 it is retried: failures that callers do not see yet.",
        unit: "none",
        queries: [
          [
            `${rate("mayfly_attempts_total")} / (${rate("mayfly_invocations_total")} > 0)`,
            "attempts per invocation",
          ],
        ],
      }),
    ],
  };
}

function latency(): Section {
  return {
    title: "Is it slow, and where?",
    panels: [
      graph({
        title: "Duration",
        description:
          "Whole invocation. The dots are single invocations: the id in a dot is what `mayfly logs` and GET /invocations/:id take.",
        unit: "s",
        exemplars: "shown",
        queries: [
          [quantile(0.5, "mayfly_invocation_duration_seconds"), "median"],
          [quantile(0.9, "mayfly_invocation_duration_seconds"), "p90"],
          [quantile(0.99, "mayfly_invocation_duration_seconds"), "p99"],
          [`max(mayfly_timeout_seconds{${ONE}})`, "timeout"],
        ],
      }),
      heatmap({
        title: "Distribution of durations",
        description: "Two bands are two kinds of call: a cache that is hit or missed, a boot or none.",
        unit: "s",
        queries: [
          [
            `sum by (le) (increase(mayfly_invocation_duration_seconds_bucket{${ONE}}[$__rate_interval]))`,
            "{{le}}",
          ],
        ],
      }),
      graph({
        title: "Where the time goes, mean",
        description:
          "Per attempt: waiting for a slot, booting the runtime and loading the code, the handler itself.",
        unit: "s",
        stacked: "stacked",
        queries: [
          mean("mayfly_queue_wait_seconds", "waiting"),
          mean("faas_init_duration_seconds", "init"),
          mean("faas_invoke_duration_seconds", "handler"),
        ],
      }),
      graph({
        title: "Cold starts",
        description: "Attempts per second that had to boot their runtime.",
        unit: "reqps",
        queries: [
          [rate("faas_coldstarts_total"), "cold starts"],
          [rate("mayfly_attempts_total"), "attempts"],
        ],
      }),
    ],
  };
}

function queue(): Section {
  return {
    title: "Does it wait?",
    panels: [
      graph({
        title: "Jobs",
        description:
          "By state. waiting that climbs: too few slots or the function's concurrency. failed: the dead letter.",
        unit: "short",
        queries: [[`function_state:mayfly_queue_jobs:max{${ONE},state!="completed"}`, "{{state}}"]],
      }),
      graph({
        title: "Waiting for a slot",
        description: "From accepted to taken by a worker.",
        unit: "s",
        queries: [
          [quantile(0.5, "mayfly_queue_wait_seconds"), "median"],
          [quantile(0.99, "mayfly_queue_wait_seconds"), "p99"],
          [`function:mayfly_queue_oldest_age_seconds:max{${ONE}}`, "oldest that waits now"],
        ],
      }),
    ],
  };
}
