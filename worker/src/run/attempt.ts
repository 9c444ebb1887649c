import type { FunctionVersion, Isolation, Outcome, ProcessStart } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import type { Ending, Running } from "@mayfly/sandbox-addon";
import type { WorkerDeps } from "../deps.ts";
import type { InvocationLogOptions } from "../logs/invocation-log.ts";
import type { Marks } from "../outcome/receipt.ts";
import { type Started, type StartSpecs, startProcess } from "./start-process.ts";

/** An attempt that has ended: its tree is dead and its cgroup gone. */
export interface Attempt {
  readonly isolation: Isolation;
  readonly outcome: Outcome;
  readonly resultJson: string | null;
  readonly resultBytes: number;
  readonly isHttpResponse: boolean;
  readonly marks: Marks;
  readonly ending: Ending;
  readonly logBytes: number;
  readonly afterAnswer: readonly string[];
}

/**
 * Starts a process and sees to it that it ends with `use`, however that goes: the slot is not free before the
 * process is gone, and no process outlives a failure of ours.
 */
export async function withProcess<T>(
  deps: WorkerDeps,
  version: FunctionVersion,
  specs: StartSpecs,
  use: (started: Started) => Promise<T>,
): Promise<T> {
  const started = await startProcess(deps, version, specs);
  const { running, start } = started;
  deps.running.add(running);
  deps.observer.started(version.name, start);
  try {
    return await use(started);
  } finally {
    running.kill("cancelled");
    await running.ended;
    deps.running.delete(running);
  }
}

/** Who looks for an attempt that runs does so later than this, and most attempts have ended by then. */
const PLACE_AFTER_MS = 25;

/**
 * Records where an attempt runs, once it has run for a moment. It is a favour to whoever looks: nothing waits for it
 * but the settlement, which it must not overtake.
 */
export function recordPlace(
  { store, workerId, log }: WorkerDeps,
  { id, attempt }: TakenInvocation,
  { pid, cgroups }: Running,
): AsyncDisposable {
  let recorded = Promise.resolve();
  const timer = setTimeout(() => {
    recorded = store.invocations
      .running(id, { worker: workerId, pid, cgroups, attempt })
      .catch((error: unknown) => log.warn({ err: error, invocation: id }, "its place was not recorded"));
  }, PLACE_AFTER_MS);
  return {
    [Symbol.asyncDispose]() {
      clearTimeout(timer);
      return recorded;
    },
  };
}

/** A copy of a runtime that had booted, or a boot of its own: what a receipt says of how a process began. */
export function isolationOf({ how }: ProcessStart): Isolation {
  return how === "boot" ? "exec" : "fork";
}

/** Calls back when somebody cancels, also where that was before. */
export function onCancel(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

/** Where the lines of an invocation's log go. */
export function logKeeper({ store, log }: WorkerDeps, id: string): InvocationLogOptions["append"] {
  return (lines, truncated) =>
    store.invocations
      .appendLogs(id, lines, truncated)
      .catch((error: unknown) =>
        log.warn({ err: error, invocation: id, lines: lines.length }, "lines were lost"),
      );
}
