import { OUTCOME_KINDS, type WorkerObserver } from "@mayfly/contract";
import { CALL_SECONDS } from "./buckets.ts";
import type { Instruments } from "./instruments.ts";

/**
 * Terminal invocations. Both programs have these metrics, since each invocation is counted by whoever writes its
 * terminal record: the worker as a rule, the gateway for what it cancels or takes back before a worker took it.
 */
export function createInvocationMetrics(instruments: Instruments): Pick<WorkerObserver, "terminal"> {
  const invocations = instruments.counterByFunction(
    "mayfly_invocations_total",
    "Invocations that reached their terminal state, by outcome.",
    { name: "outcome", values: OUTCOME_KINDS },
  );
  const duration = instruments.histogramByFunction(
    "mayfly_invocation_duration_seconds",
    "Whole invocation: from accepted to its terminal record, waiting and retries included.",
    CALL_SECONDS,
  );
  return {
    terminal(functionName, outcome, durationSeconds, invocationId) {
      invocations(functionName, 1, outcome);
      duration(functionName, durationSeconds, invocationId);
    },
  };
}
