import { EVENT_MAX_BYTES, type FunctionVersion, type Outcome } from "@mayfly/contract";
import { finishJob } from "./finish-job.ts";
import { decodeGatewayOption } from "./gateway-option.ts";
import type { HeldJob } from "./held-job.ts";
import { recover, without } from "./recover.ts";
import { type Ending, type SettleDeps, settle } from "./settle.ts";
import type { DispatcherOptions, TakenInvocation } from "./types.ts";

export interface RunDeps extends SettleDeps {
  readonly handle: DispatcherOptions["handle"];
}

/** Brings a job that was just taken to its end, or to its next attempt. */
export async function runJob(deps: RunDeps, held: HeldJob): Promise<void> {
  const ending = (await beforeRunning(deps, held)) ?? (await attempt(deps, held));
  if (ending === null || held.handedBack) return;
  await settle(deps, held, ending);
}

/** Everything that may keep the function from running. @returns null where nothing does */
async function beforeRunning(deps: RunDeps, held: HeldJob): Promise<Ending | null> {
  const { job, queue } = held;
  const { functions, invocations } = deps.store;
  if (job.fault !== undefined) return malformed(`The job cannot be run: ${job.fault}.`);
  try {
    const gateway = decodeGatewayOption(job.opts.mayfly);
    if (gateway !== null) {
      held.facts = { id: job.id, acceptedAt: gateway.acceptedAt, gateway };
      invocations.remember(job.id, queue.functionName);
    }
  } catch (error) {
    return malformed(`Its job option "mayfly" cannot be read: ${String(error)}`);
  }
  const version = held.facts.gateway?.version;
  held.function = await (version === undefined
    ? functions.latest(queue.functionName)
    : functions.version(queue.functionName, version));
  if (held.function === null)
    return { ...without(failure("The version that it was meant for has been deleted.")), refused: true };
  const eventBytes = Buffer.byteLength(job.data);
  if (eventBytes > EVENT_MAX_BYTES)
    return malformed(`Its event has ${eventBytes} bytes; ${EVENT_MAX_BYTES} are allowed.`);
  return null;
}

async function attempt(deps: RunDeps, held: HeldJob): Promise<Ending | null> {
  if (held.job.attemptsStarted > 1 || held.job.deferredFailure !== undefined) {
    const recovery = await recover(deps.redis, held);
    if (recovery.kind === "settle") return recovery.ending;
    if (recovery.kind === "finish") return await finishOnly(held, recovery.outcome, recovery.resultJson);
  }
  const settlement = await handle(deps, held);
  switch (held.refusal) {
    case null:
      return settlement;
    case "lost":
      return null;
    case "ended":
      return await finishOnly(
        held,
        { kind: "cancelled", message: "It had ended before it could begin." },
        null,
      );
    case "cancelled":
      return without({ kind: "cancelled", message: "Somebody cancelled it before it began." });
    case "expired":
      return without({ kind: "expired", message: "It waited longer than it was worth, and never ran." });
  }
}

async function handle(deps: RunDeps, held: HeldJob): Promise<Ending> {
  const { function: version } = held;
  if (version === null) return without(failure("It has no function."));
  const queueUs = Math.max(0, held.takenAt - held.dueAt) * 1000;
  try {
    deps.observer.taken(version.name, queueUs);
  } catch (error) {
    deps.onError(error, "telling the observer of a take");
  }
  try {
    const settlement = await deps.handle(takenInvocation(deps, held, version, queueUs));
    return afterDraining(held, settlement);
  } catch (error) {
    deps.onError(error, `running ${held.facts.id}`);
    return without(failure(error instanceof Error ? error.message : String(error)));
  }
}

/** What was cut off because the worker stops has not been cancelled by anybody: it is ours to make good. */
function afterDraining(held: HeldJob, settlement: Ending): Ending {
  const cutOff = held.stopping.signal.reason === "draining" && settlement.outcome.kind === "cancelled";
  if (!cutOff) return settlement;
  return { ...settlement, outcome: { kind: "workerLost", message: "Its worker was stopped while it ran." } };
}

function takenInvocation(
  deps: RunDeps,
  held: HeldJob,
  version: FunctionVersion,
  queueUs: number,
): TakenInvocation {
  const { redis, store, onError } = deps;
  const { mayfly: _, ...opts } = held.job.opts;
  return {
    id: held.facts.id,
    function: version,
    attempt: held.attempt,
    eventJson: held.job.data,
    gateway: held.facts.gateway,
    job: { id: held.job.id, name: held.job.name, opts: opts as Record<string, unknown> },
    acceptedAt: held.facts.acceptedAt,
    queueUs,
    signal: held.stopping.signal,
    enter: () => held.enter(redis, store.invocations.unendedMs),
    reply: (reply) => held.reply(redis, reply, (error) => onError(error, `replying to ${held.facts.id}`)),
  };
}

/** Its record is written; what is missing is BullMQ's side. */
async function finishOnly(held: HeldJob, outcome: Outcome, resultJson: string | null): Promise<null> {
  await finishJob(held, outcome, resultJson, { kind: "end" });
  return null;
}

const failure = (message: string): Outcome => ({ kind: "systemFailure", message });

function malformed(message: string): Ending {
  const outcome: Outcome = {
    kind: "functionError",
    errorType: "InvalidEvent",
    errorMessage: message,
    message,
  };
  return { ...without(outcome), refused: true };
}
