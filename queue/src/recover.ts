import { type Attempt, isTerminal, type Outcome } from "@mayfly/contract";
import { attemptsOf, type RecordFields } from "@mayfly/store";
import type { Redis } from "ioredis";
import type { HeldJob } from "./held-job.ts";
import { MAX_OUR_FAILURES } from "./retry-policy.ts";
import type { Ending } from "./settle.ts";

/**
 * What to do with a job that was taken before: its worker died, or gave it back, or it is a retry.
 *
 * `run`: one more attempt. `finish`: its record has ended, only BullMQ's side is missing. `settle`: it ends as this,
 * without running.
 */
export type Recovery =
  | { readonly kind: "run" }
  | { readonly kind: "finish"; readonly outcome: Outcome; readonly resultJson: string | null }
  | { readonly kind: "settle"; readonly ending: Ending };

type Kept = Partial<RecordFields> & { readonly stalls?: string };

const LOST: Outcome = {
  kind: "workerLost",
  message: "The worker that ran it died, or could not reach Redis for too long.",
};

/** Reads what earlier attempts left behind, and lets the held job know. */
export async function recover(redis: Redis, held: HeldJob): Promise<Recovery> {
  const fields = await redis.hgetall(held.recordKey);
  const kept = fields as unknown as Kept;
  const sameJob = kept.acceptedAt === String(held.facts.acceptedAt);
  if (kept.state === undefined || !sameJob) return giveUpOn(held) ?? { kind: "run" };
  if (isTerminal(kept.state)) return await afterTheEnd(redis, held, kept);

  const attempts = attemptsOf(fields);
  held.ourFailures = Number(kept.ours ?? 0);
  held.attempt = (attempts.at(-1)?.attempt ?? 0) + 1;
  if (kept.entered === undefined) return giveUpOn(held) ?? { kind: "run" };

  const answered = kept.outcome === undefined ? null : (JSON.parse(kept.outcome) as Outcome);
  held.lostAttempts = [lostAttempt(held.attempt, kept.entered, Number(kept.began), answered ?? LOST)];
  if (answered !== null) return settleAs(answered, kept);
  if (held.queue.lane === "sync") return settleAs(LOST, kept);
  held.attempt++;
  held.ourFailures++;
  if (kept.cancel !== undefined)
    return settleAs({ kind: "cancelled", message: "Somebody cancelled it." }, kept);
  return giveUpOn(held) ?? { kind: "run" };
}

/**
 * The record has ended and the job has not. Either a worker died between the two, and then the job has lost its
 * worker once more than the record knows of; or somebody sent it out of the dead letter again, to run anew.
 */
async function afterTheEnd(redis: Redis, held: HeldJob, kept: Kept): Promise<Recovery> {
  if (held.job.stalledCounter <= Number(kept.stalls ?? 0)) {
    await redis.del(held.recordKey);
    return { kind: "run" };
  }
  const outcome: Outcome =
    kept.outcome === undefined ? { kind: "systemFailure" } : (JSON.parse(kept.outcome) as Outcome);
  return { kind: "finish", outcome, resultJson: kept.result ?? null };
}

/** A job that costs one worker after the other its life is not handed to the next. */
function giveUpOn(held: HeldJob): Recovery | null {
  const bullGaveUp = held.job.deferredFailure;
  if (bullGaveUp === undefined && held.ourFailures < MAX_OUR_FAILURES) return null;
  held.ourFailures = MAX_OUR_FAILURES;
  const message = bullGaveUp ?? `It lost its worker ${held.ourFailures} times.`;
  return { kind: "settle", ending: without({ kind: "workerLost", message }) };
}

function settleAs(outcome: Outcome, kept: Kept): Recovery {
  const resultJson = outcome.kind === "ok" ? (kept.result ?? null) : null;
  return { kind: "settle", ending: { ...without(outcome), resultJson, isHttpResponse: kept.http === "1" } };
}

export function without(outcome: Outcome): Ending {
  return { outcome, resultJson: null, isHttpResponse: false, receipt: null };
}

/** The token begins with the worker's id. When it died nobody knows; now it is known that it did. */
function lostAttempt(attempt: number, entered: string, startedAt: number, outcome: Outcome): Attempt {
  const worker = entered.slice(0, entered.indexOf(":"));
  return { attempt, worker, startedAt, endedAt: Date.now(), outcome, receipt: null };
}
