import type { Ending } from "@mayfly/sandbox-addon";
import type { RunnerError } from "./evidence.ts";

export interface LaterFacts {
  /** `waitUntil` was still waiting when the answer was given. */
  readonly wasPending: boolean;
  readonly errorsAfter: readonly RunnerError[];
  readonly heapOomAfter: boolean;
}

/** Sentences on what happened after the outcome was fixed, for the receipt. */
export function afterAnswer(later: LaterFacts, ending: Ending): string[] {
  const told: string[] = [];
  if (later.wasPending && ending.killedBy === "timedOut") told.push("waitUntil was cut off by the timeout");
  if (later.wasPending && ending.killedBy === "cpuTimeExceeded")
    told.push("waitUntil was cut off by the limit of CPU time");
  if (later.wasPending && ending.killedBy === "cancelled") told.push("waitUntil was cancelled");
  if (later.wasPending && ending.killedBy === "workerStopping")
    told.push("waitUntil was cut off as the worker stopped");
  if (ending.mainOomKilled) told.push("the process was ended at its memory limit");
  if (later.heapOomAfter) told.push("the JavaScript heap was full");
  for (const { errorType, errorMessage } of later.errorsAfter)
    told.push(`uncaught ${errorType}: ${errorMessage.slice(0, 200)}`);
  return told;
}
