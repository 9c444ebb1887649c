import { isOurFailure, type Manifest, type Outcome } from "@mayfly/contract";
import type { Lane } from "@mayfly/store";
import type { BullJob } from "./bull-queues.ts";

/** So often may one invocation fail by our own doing before we give up on it. */
export const MAX_OUR_FAILURES = 5;
const OUR_BACKOFF_MS = 500;
/** What can only end the same way again is not tried again. */
const FINAL: ReadonlySet<Outcome["kind"]> = new Set(["ok", "cancelled", "expired"]);

/** What comes after an attempt. A retry is `counted` where it uses up one of the job's attempts. */
export type NextStep =
  | { readonly kind: "end" }
  | { readonly kind: "retry"; readonly delayMs: number; readonly counted: boolean };

export interface AttemptFacts {
  readonly outcome: Outcome;
  readonly lane: Lane;
  readonly job: BullJob;
  readonly retry: Manifest["retry"] | null;
  /** Failures of our own so far, this one included. */
  readonly ourFailures: number;
  /** The event itself cannot be run, now or later. */
  readonly refused: boolean;
}

/** Decides whether an attempt was the last one. */
export function nextStep({ outcome, lane, job, retry, ourFailures, refused }: AttemptFacts): NextStep {
  if (lane === "sync" || refused || FINAL.has(outcome.kind)) return { kind: "end" };
  if (isOurFailure(outcome.kind)) {
    if (ourFailures >= MAX_OUR_FAILURES) return { kind: "end" };
    return { kind: "retry", delayMs: OUR_BACKOFF_MS * 2 ** (ourFailures - 1), counted: false };
  }
  const byJob = (job.opts.attempts ?? 0) > 0;
  const attempts = byJob ? (job.opts.attempts ?? 0) : (retry?.attempts ?? 1);
  const made = job.attemptsMade + 1;
  if (made >= attempts) return { kind: "end" };
  const backoff = byJob
    ? job.opts.backoff
    : { type: retry?.backoff ?? "fixed", delay: retry?.backoffMs ?? 0 };
  return { kind: "retry", delayMs: backoffMs(backoff, made), counted: true };
}

/**
 * BullMQ's built-in strategies: `fixed`, and `exponential` that doubles from the first retry on, each with an optional
 * `jitter` between 0 and 1. A strategy that a producer has made up is in its own code, so its delay counts as fixed.
 */
export function backoffMs(
  backoff: number | { type: string; delay?: number; jitter?: number } | undefined,
  attemptsMade: number,
): number {
  if (backoff === undefined) return 0;
  const {
    type,
    delay = 0,
    jitter = 0,
  } = typeof backoff === "number" ? { type: "fixed", delay: backoff } : backoff;
  const whole = type === "exponential" ? delay * 2 ** (attemptsMade - 1) : delay;
  return Math.round(whole * (1 - jitter * Math.random()));
}
