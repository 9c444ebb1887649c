import type { Outcome } from "@mayfly/contract";
import type { HeldJob } from "./held-job.ts";
import type { NextStep } from "./retry-policy.ts";

/** BullMQ's side of an end, or of a retry. What came over HTTP has its result in our record alone. */
export async function finishJob(
  { queue, job, token, facts }: HeldJob,
  outcome: Outcome,
  resultJson: string | null,
  step: NextStep,
): Promise<void> {
  if (outcome.kind === "ok")
    return await queue.complete(job, facts.gateway === null ? (resultJson ?? "null") : "null", token);
  const said = outcome.message ?? outcome.errorMessage ?? "";
  const reason = said === "" ? outcome.kind : `${outcome.kind}: ${said}`;
  const stack = outcome.stack ?? reason;
  if (step.kind === "end") await queue.fail(job, reason, stack, token);
  else await queue.retry(job, reason, stack, token, step);
}
