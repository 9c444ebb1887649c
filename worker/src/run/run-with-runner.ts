import { setImmediate } from "node:timers/promises";
import type { Outcome } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import { invokeFrame } from "@mayfly/runtimes";
import type { Pipe, Running } from "@mayfly/sandbox-addon";
import type { CodeFacts } from "../code/code-trees.ts";
import { nowUs, type WorkerDeps } from "../deps.ts";
import { collectLog, type InvocationLog } from "../logs/invocation-log.ts";
import { afterAnswer } from "../outcome/after-answer.ts";
import { endedOutcome, settledOutcome } from "../outcome/outcome.ts";
import { type Marks, timingOf } from "../outcome/receipt.ts";
import { type Attempt, isolationOf, logKeeper, onCancel, recordPlace, withProcess } from "./attempt.ts";
import { CANCEL_GRACE_MS, clocksOf } from "./clocks.ts";
import { type Conversation, converse } from "./conversation.ts";
import { invokeHeader, rawBodyOf } from "./invoke-header.ts";
import type { StartSpecs } from "./start-process.ts";

export interface RunnerOptions {
  readonly takenUs: number;
  readonly specs: StartSpecs;
  readonly code: CodeFacts;
  readonly secrets: Promise<Readonly<Record<string, string>>>;
}

/**
 * Runs one attempt of a function that has a runner (nodejs, python3): its process is started while the attempt's token
 * is written, and user code is loaded once that has been granted.
 *
 * @returns null where it was not granted
 */
export async function runWithRunner(
  deps: WorkerDeps,
  invocation: TakenInvocation,
  options: RunnerOptions,
): Promise<Attempt | null> {
  const { limits } = invocation.function.manifest;
  const granted = invocation.enter();
  // It is awaited later, and must not count as unhandled until then.
  granted.catch(() => undefined);
  /** Tells a runner what to run, once the attempt is let in; before that nothing of the function can run. */
  const invoke = async (channel: Pick<Pipe, "write">, startedUs: number): Promise<boolean> => {
    const [entered, secrets] = await Promise.all([granted, options.secrets]);
    if (!entered) return false;
    const clocks = clocksOf(startedUs, limits.timeoutMs);
    const header = invokeHeader(invocation, options.code, secrets, clocks);
    channel.write(invokeFrame(header, invocation.eventJson, rawBodyOf(invocation)));
    return true;
  };
  let invoked: Promise<boolean> | null = null;
  const specs: StartSpecs = {
    ...options.specs,
    // A copy finds it there when it looks.
    fork: (zygote) => ({
      ...options.specs.fork(zygote),
      onChannel: (control) => {
        invoked = invoke(control, nowUs());
        invoked.catch(() => undefined);
      },
    }),
  };
  return withProcess(deps, invocation.function, specs, async ({ running, start, startedUs }) => {
    const { control, talk, log } = listen(deps, invocation, running);
    using _ = onCancel(invocation.signal, () => {
      talk.cancel();
      setTimeout(() => running.kill("cancelled"), CANCEL_GRACE_MS);
    });
    if (start.how === "boot" || invoked === null) invoked = invoke(control, startedUs);
    if (!(await invoked)) return null;
    await using _place = recordPlace(deps, invocation, running);

    await Promise.race([talk.settled, running.ended]);
    const marks = (): Marks => ({
      takenUs: options.takenUs,
      startedUs,
      calledUs: talk.calledUs,
      settledUs: talk.settledUs,
      endedUs: nowUs(),
    });
    const early = settledOutcome(talk.evidence, limits);
    const answer = async (outcome: Outcome) => {
      await linesBeforeAnswer(log);
      const timing = timingOf(invocation.queueUs, marks(), 0);
      invocation.reply({ outcome, ...resultOf(talk, outcome), timing });
    };
    // The kill is issued first, and goes on while the answer is given.
    const [ending] = await Promise.all([endOf(running, talk), early === null ? undefined : answer(early)]);
    const marksAtEnd = marks();
    await log.finish();
    const outcome = early ?? endedOutcome(talk.evidence, ending, limits);
    return {
      isolation: isolationOf(start),
      outcome,
      ...resultOf(talk, outcome),
      resultBytes: talk.evidence.result?.bytes ?? 0,
      marks: marksAtEnd,
      ending,
      logBytes: log.bytes,
      afterAnswer: early === null ? [] : afterAnswer(talk.later, ending),
    };
  });
}

/** Takes in all that a sandbox says from its first instruction on. */
function listen(deps: WorkerDeps, { id, function: { manifest } }: TakenInvocation, running: Running) {
  if (running.control === null) throw new Error("The sandbox was asked for a control channel and has none.");
  running.stdin.end();
  const talk = converse(running.control, manifest.limits.resultBytes, deps.checker);
  const log = collectLog({
    streams: { stdout: running.stdout, stderr: running.stderr },
    maxBytes: manifest.limits.logBytes,
    now: Date.now,
    append: logKeeper(deps, id),
  });
  return { control: running.control, talk, log };
}

/**
 * What was written before the answer was readable before it: one turn of the event loop takes it in. It is kept
 * before the answer is given, so that who got the answer finds the lines.
 */
async function linesBeforeAnswer(log: InvocationLog): Promise<void> {
  await setImmediate();
  await log.flush();
}

/** Ends the process once nothing of it is waited for. */
async function endOf(running: Running, talk: Conversation) {
  await Promise.race([talk.done, running.ended]);
  running.kill("settled");
  const ending = await running.ended;
  // What was said before the end may still be unread.
  await talk.closed;
  return ending;
}

function resultOf({ evidence }: Conversation, outcome: Outcome) {
  if (outcome.kind !== "ok" || evidence.result === null) return { resultJson: null, isHttpResponse: false };
  return { resultJson: evidence.result.json, isHttpResponse: evidence.result.isHttpResponse };
}
