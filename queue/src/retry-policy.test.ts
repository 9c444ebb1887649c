import type { Outcome } from "@mayfly/contract";
import { expect, test } from "vitest";
import type { BullJob } from "./bull-queues.ts";
import { backoffMs, MAX_OUR_FAILURES, type NextStep, nextStep } from "./retry-policy.ts";

const END: NextStep = { kind: "end" };
const boom: Outcome = { kind: "functionError" };
const retry = { attempts: 3, backoffMs: 100, backoff: "exponential" as const };
const jobWith = (opts: object, attemptsMade = 0) => ({ opts, attemptsMade }) as unknown as BullJob;

function after(outcome: Outcome, more: Partial<Parameters<typeof nextStep>[0]> = {}): NextStep {
  return nextStep({
    outcome,
    lane: "async",
    job: jobWith({}),
    retry,
    ourFailures: 0,
    refused: false,
    ...more,
  });
}

test("a function's failure is tried again as its manifest says, and then no more", () => {
  expect(after(boom)).toEqual({ kind: "retry", delayMs: 100, counted: true });
  expect(after(boom, { job: jobWith({}, 1) })).toEqual({ kind: "retry", delayMs: 200, counted: true });
  expect(after(boom, { job: jobWith({}, 2) })).toEqual(END);
});

test("attempts that a producer asked for count instead of the manifest's", () => {
  const opts = { attempts: 2, backoff: { type: "fixed", delay: 7 } };
  expect(after(boom, { job: jobWith(opts) })).toEqual({ kind: "retry", delayMs: 7, counted: true });
  expect(after(boom, { job: jobWith(opts, 1) })).toEqual(END);
  expect(after(boom, { job: jobWith({ attempts: 1 }) })).toEqual(END);
  expect(after(boom, { job: jobWith({ attempts: 0 }) })).toMatchObject({ kind: "retry", delayMs: 100 });
});

test("sync calls, refused events and cancelled or expired invocations are never tried again", () => {
  expect(after(boom, { lane: "sync" })).toEqual(END);
  expect(after({ kind: "workerLost" }, { lane: "sync" })).toEqual(END);
  expect(after({ kind: "systemFailure" }, { refused: true })).toEqual(END);
  expect(after({ kind: "cancelled" })).toEqual(END);
  expect(after({ kind: "expired" })).toEqual(END);
  expect(after({ kind: "ok" })).toEqual(END);
});

test("our own failures use up no attempt, wait longer each time, and end at some point", () => {
  const lost: Outcome = { kind: "workerLost" };
  const opts = { job: jobWith({ attempts: 1 }) };
  expect(after(lost, { ...opts, ourFailures: 1 })).toEqual({ kind: "retry", delayMs: 500, counted: false });
  expect(after(lost, { ...opts, ourFailures: 3 })).toEqual({ kind: "retry", delayMs: 2000, counted: false });
  expect(after(lost, { ...opts, ourFailures: MAX_OUR_FAILURES })).toEqual(END);
});

test("backoff is BullMQ's", () => {
  expect(backoffMs(undefined, 1)).toBe(0);
  expect(backoffMs(50, 3)).toBe(50);
  expect(backoffMs({ type: "fixed", delay: 50 }, 3)).toBe(50);
  expect([1, 2, 3].map((made) => backoffMs({ type: "exponential", delay: 50 }, made))).toEqual([
    50, 100, 200,
  ]);
  const jittered = backoffMs({ type: "fixed", delay: 1000, jitter: 0.5 }, 1);
  expect(jittered).toBeGreaterThanOrEqual(500);
  expect(jittered).toBeLessThanOrEqual(1000);
});
