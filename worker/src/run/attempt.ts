import type { Outcome } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import type { Ending, Running, SandboxSpec } from "@mayfly/sandbox-addon";
import { nowUs, type WorkerDeps } from "../deps.ts";
import type { InvocationLogOptions } from "../logs/invocation-log.ts";
import type { Marks } from "../outcome/receipt.ts";

/** An attempt that has ended: its tree is dead and its cgroup gone. */
export interface Attempt {
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
 * Starts a sandbox and sees to it that it ends with `use`, however that goes: the slot is not free before the
 * process is gone, and no process outlives a failure of ours.
 */
export async function withSandbox<T>(
  { sandboxes, running: atWork, observer }: WorkerDeps,
  functionName: string,
  spec: SandboxSpec,
  use: (running: Running, startedUs: number) => Promise<T>,
): Promise<T> {
  const requestedUs = nowUs();
  const running = await sandboxes.start(spec);
  atWork.add(running);
  observer.coldStart(functionName);
  try {
    return await use(running, requestedUs + running.setupUs);
  } finally {
    running.kill("cancelled");
    await running.ended;
    atWork.delete(running);
  }
}

/**
 * Records where an attempt runs, once it has been let in. It is a favour to whoever looks: nothing waits for it but
 * the settlement, which it must not overtake.
 */
export async function recordPlace(
  { store, workerId, log }: WorkerDeps,
  { id, attempt }: TakenInvocation,
  { pid, cgroups }: Running,
): Promise<void> {
  try {
    await store.invocations.running(id, { worker: workerId, pid, cgroups, attempt });
  } catch (error) {
    log.warn({ err: error, invocation: id }, "its place was not recorded");
  }
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
