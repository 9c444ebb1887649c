import type { BootReason, FunctionVersion, ProcessStart, WorkerObserver } from "@mayfly/contract";
import {
  type ForkSpec,
  type Running,
  SandboxError,
  type Sandboxes,
  type SandboxSpec,
  type Zygote,
} from "@mayfly/sandbox-addon";
import { type Log, nowUs } from "../deps.ts";
import type { ZygoteLease } from "../zygotes/succession.ts";
import type { Zygotes } from "../zygotes/zygotes.ts";
import type { StartPause } from "./start-pause.ts";

/** A process that has not been told yet what to run. */
export interface Started {
  readonly running: Running;
  readonly start: ProcessStart;
  /** When its first instruction ran, or when a copy that stood ready was taken. */
  readonly startedUs: number;
}

/** What a start needs of a worker. */
export interface StartDeps {
  readonly zygotes: Pick<Zygotes, "choose">;
  readonly sandboxes: Pick<Sandboxes, "fork" | "start">;
  readonly observer: Pick<WorkerObserver, "startFailed">;
  readonly startPause: StartPause;
  readonly log: Pick<Log, "warn">;
}

export interface StartSpecs {
  readonly fork: (zygote: Zygote) => ForkSpec;
  readonly boot: () => Promise<SandboxSpec>;
}

/**
 * Starts the process of an attempt: a copy of a zygote where there is one, else a boot. A start that fails is tried
 * once more, by a boot: nothing of the function has run, so that this costs neither one of its attempts nor a sync
 * call's only run.
 *
 * @throws SandboxError where the second try failed too; the longer after it, the more starts failed in a row
 */
export async function startProcess(
  deps: StartDeps,
  version: FunctionVersion,
  specs: StartSpecs,
): Promise<Started> {
  const { lease, why } = deps.zygotes.choose(version);
  try {
    return await (lease === null ? boot(deps, specs, why) : fork(deps, specs, lease));
  } catch (error) {
    deps.observer.startFailed(lease === null ? "exec" : "fork");
    if (!mayPass(error)) throw error;
    deps.log.warn({ err: error, function: version.name }, "a process did not start; it is tried again");
  }
  try {
    return await boot(deps, specs, why ?? "forkFailed");
  } catch (error) {
    deps.observer.startFailed("exec");
    if (mayPass(error)) await deps.startPause.next();
    throw error;
  }
}

async function boot(
  { sandboxes, startPause }: StartDeps,
  specs: StartSpecs,
  why: BootReason,
): Promise<Started> {
  const spec = await specs.boot();
  const requestedUs = nowUs();
  const running = await sandboxes.start(spec);
  startPause.reset();
  return { running, start: { how: "boot", why }, startedUs: requestedUs + running.setupUs };
}

async function fork(
  { sandboxes, startPause }: StartDeps,
  specs: StartSpecs,
  lease: ZygoteLease,
): Promise<Started> {
  const requestedUs = nowUs();
  try {
    const running = await sandboxes.fork(specs.fork(lease.zygote));
    lease.forked();
    startPause.reset();
    const how = running.wasParked ? "parked" : "onDemand";
    return { running, start: { how }, startedUs: requestedUs + running.setupUs };
  } catch (error) {
    lease.failed(error);
    throw error;
  }
}

/** Whether another try may go better: the zygote was lost, or a step of ours failed, and it was not the program's fault. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof SandboxError)) return false;
  return error.code === "zygoteLost" || (error.code === "stepFailed" && !error.step.startsWith("execute "));
}
