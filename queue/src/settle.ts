import { type Attempt, isOurFailure, type Outcome, type Receipt } from "@mayfly/contract";
import { attemptField, keys, loadScript, type Store } from "@mayfly/store";
import type { Redis } from "ioredis";
import { trimEvents } from "./events-stream.ts";
import { finishJob } from "./finish-job.ts";
import type { HeldJob } from "./held-job.ts";
import type { Ready } from "./ready.ts";
import { encodeHeader } from "./reply-message.ts";
import { type NextStep, nextStep } from "./retry-policy.ts";
import type { DispatcherOptions, Settlement } from "./types.ts";
import { stateOf } from "./withdraw.ts";

const settleScript = loadScript(new URL("scripts/settle.lua", import.meta.url));

export interface SettleDeps {
  readonly redis: Redis;
  readonly store: Store;
  readonly ready: Ready;
  readonly workerId: string;
  readonly observer: DispatcherOptions["observer"];
  readonly onError: (error: unknown, doing: string) => void;
}

/** What an attempt ended as, beside what a worker hands back. */
export interface Ending extends Settlement {
  /** The event cannot be run at all: to the dead letter at once. */
  readonly refused?: boolean;
}

/** Writes how an attempt ended, and sees to it that others may begin. */
export async function settle(deps: SettleDeps, held: HeldJob, ending: Ending): Promise<void> {
  await held.replySent;
  const outcome = held.replied ?? ending.outcome;
  if (isOurFailure(outcome.kind)) held.ourFailures++;
  const step = nextStep({
    outcome,
    lane: held.queue.lane,
    job: held.job,
    retry: held.function?.manifest.retry ?? null,
    ourFailures: held.ourFailures,
    refused: ending.refused ?? false,
  });
  const written = await write(deps, held, { ...ending, outcome }, step);
  if (written === "lost") return;
  if (step.kind === "end" && held.queue.lane === "async" && held.facts.gateway !== null)
    await deps.redis.pexpire(keys.whereKey(held.facts.id), deps.store.invocations.retentionMs);
  if (step.kind === "retry")
    deps.ready.hintAt(held.queue.functionName, held.queue.lane, Date.now() + step.delayMs);
  await lookAgain(deps, held, ending.resultJson);
}

/**
 * First our record, then BullMQ's side. Should the worker die between the two, whoever takes the job next finds the
 * record and finishes BullMQ's side.
 *
 * Both are sent at once where an attempt that had entered is the last. One that has lost the job meanwhile is refused by
 * BullMQ too, since the lock is not its own; and should Redis have forgotten the script, so that the record is sent
 * again, the entry still shows whose it is, although the lock is gone by then.
 */
async function write(deps: SettleDeps, held: HeldJob, ending: Ending, step: NextStep): Promise<Written> {
  const writing = writeRecord(deps, held, ending, step);
  const atOnce = held.enteredAt !== null && step.kind === "end";
  if (!atOnce && (await writing) === "lost") return "lost";
  const finishing = finishJob(held, ending.outcome, ending.resultJson, step);
  const [written, finished] = await Promise.allSettled([writing, finishing]);
  if (written.status === "rejected") throw written.reason;
  if (finished.status === "rejected" && written.value !== "lost") throw finished.reason;
  return written.value;
}

type Written = "settled" | "lost" | "ended";

async function writeRecord(
  deps: SettleDeps,
  held: HeldJob,
  { outcome, resultJson, isHttpResponse, receipt }: Ending,
  step: NextStep,
): Promise<Written> {
  const { redis, store, workerId } = deps;
  const now = Date.now();
  const { id, gateway, acceptedAt } = held.facts;
  const ends = step.kind === "end";
  const fields: Record<string, string | number> = {
    ...held.identity(),
    ...attemptFields(held, outcome, receipt, workerId, now),
    stalls: held.job.stalledCounter,
    ours: held.ourFailures,
    ...(ends
      ? { outcome: JSON.stringify(outcome), http: isHttpResponse ? "1" : "", endedAt: now }
      : { due: now + step.delayMs }),
  };
  const replyTo = held.replied === null && ends ? (gateway?.sync?.replyTo ?? "") : "";
  const header = encodeHeader({ id, outcome, isHttpResponse, timing: receipt?.timing ?? null });
  const { retentionMs, unendedMs } = store.invocations;
  const written = (await settleScript.run(
    redis,
    [held.lockKey, held.recordKey, keys.permitsKey(held.queue.functionName)],
    [
      held.token,
      ends ? retentionMs : unendedMs,
      acceptedAt,
      ends ? stateOf(outcome) : "queued",
      ends ? keys.endedChannel(id) : "",
      replyTo,
      header,
      // What the caller was sent is kept already.
      ends && held.replied === null ? (resultJson ?? "") : "",
      ...Object.entries(fields).flat(),
    ],
  )) as Written;
  if (ends && written === "settled") observeEnd(deps, held, outcome);
  return written;
}

/** This attempt, if a process was to be started for it, and those that went with their workers. */
function attemptFields(
  held: HeldJob,
  outcome: Outcome,
  receipt: Receipt | null,
  worker: string,
  endedAt: number,
): Record<string, string> {
  const attempts: Attempt[] = [...held.lostAttempts];
  if (held.enteredAt !== null || receipt !== null) {
    const startedAt = held.enteredAt ?? held.takenAt;
    attempts.push({ attempt: held.attempt, worker, startedAt, endedAt, outcome, receipt });
  }
  return Object.fromEntries(
    attempts.map((attempt) => [attemptField(attempt.attempt), JSON.stringify(attempt)]),
  );
}

function observeEnd({ observer, onError }: SettleDeps, held: HeldJob, outcome: Outcome): void {
  try {
    const seconds = Math.max(0, (Date.now() - held.facts.acceptedAt) / 1000);
    observer.terminal(held.queue.functionName, outcome.kind, seconds, held.facts.id);
  } catch (error) {
    onError(error, "telling the observer of an end");
  }
}

/** After the end of one: others of a function that limits its concurrency may begin, and its events stay small. */
async function lookAgain(
  { redis, ready, onError }: SettleDeps,
  { queue, function: version, facts }: HeldJob,
  resultJson: string | null,
): Promise<void> {
  try {
    if (version?.manifest.concurrency !== undefined)
      await Promise.all([ready.hint(queue.functionName, "sync"), ready.hint(queue.functionName, "async")]);
    if (facts.gateway === null && resultJson !== null) await trimEvents(redis, queue, resultJson.length);
  } catch (error) {
    onError(error, `looking again at ${queue.functionName}`);
  }
}
