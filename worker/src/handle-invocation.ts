import type { Outcome } from "@mayfly/contract";
import type { Settlement, TakenInvocation } from "@mayfly/queue";
import { COMPILED_RUNTIME } from "./code/code-cache.ts";
import { runtimeTrees } from "./code/runtime-trees.ts";
import { nowUs, type WorkerDeps } from "./deps.ts";
import { createReceipt } from "./outcome/receipt.ts";
import { unstartable } from "./outcome/unstartable.ts";
import type { Attempt } from "./run/attempt.ts";
import { functionRoot } from "./run/root.ts";
import { runExecutable } from "./run/run-executable.ts";
import { runWithRunner } from "./run/run-with-runner.ts";
import { bootSpec, forkSpec, processSpec, runtimeKind } from "./run/spec.ts";
import type { StartSpecs } from "./run/start-process.ts";

/** The queue knows why the attempt was not granted, and says so itself. */
const NEVER_RAN: Outcome = {
  kind: "expired",
  message: "The attempt was given away before it began, and never ran.",
};

/**
 * Makes the worker's one verb: it takes an invocation, runs it in a sandbox of its own, and gives back what to settle
 * once nothing of it is left. What the function does is in the outcome; it rejects for what we fail at.
 */
export function createInvocationHandler(deps: WorkerDeps) {
  return async function handle(invocation: TakenInvocation): Promise<Settlement> {
    const { name, manifest } = invocation.function;
    try {
      const attempt = await runAttempt(deps, invocation);
      if (attempt === null) return withoutReceipt(NEVER_RAN);
      const settlement = settle(deps, invocation, attempt);
      deps.observer.attemptEnded(
        name,
        attempt.outcome.kind,
        settlement.receipt,
        manifest.limits,
        invocation.id,
      );
      deps.log.debug(
        { invocation: invocation.id, function: name, outcome: attempt.outcome, receipt: settlement.receipt },
        "an attempt ended",
      );
      return settlement;
    } catch (error) {
      const outcome = unstartable(error, manifest);
      const kind = outcome?.kind ?? "systemFailure";
      deps.observer.attemptEnded(name, kind, null, manifest.limits, invocation.id);
      if (outcome === null) throw error;
      return withoutReceipt(outcome);
    }
  };
}

async function runAttempt(deps: WorkerDeps, invocation: TakenInvocation): Promise<Attempt | null> {
  const takenUs = nowUs();
  const { function: version, id } = invocation;
  const kind = runtimeKind(version.manifest);
  const secrets = secretsOf(deps, invocation);
  // It is awaited later, and must not count as unhandled until then.
  secrets.catch(() => undefined);
  const compiledFor = version.manifest.runtime === COMPILED_RUNTIME ? version.manifest.entry : undefined;
  using lease = await deps.codeTrees.lease(version.artifact, compiledFor);
  // An executable has no runner that could be given them later.
  const process = processSpec(version, id, kind === "exec" ? await secrets : {});
  const specs: StartSpecs = {
    fork: (zygote) => forkSpec(process, zygote, lease.tree),
    boot: async () => {
      const runtime = await runtimeTrees(deps, version.manifest.runtime);
      return bootSpec(process, version.manifest, functionRoot(deps.systemRoot, runtime, lease.tree));
    },
  };
  if (kind === "exec") return await runExecutable(deps, invocation, { takenUs, specs });
  return await runWithRunner(deps, invocation, { takenUs, specs, code: lease, secrets });
}

/** One that is named and that nobody stored is not there, as an environment variable may not be. */
async function secretsOf(
  { store }: WorkerDeps,
  { function: { tenant, manifest } }: TakenInvocation,
): Promise<Readonly<Record<string, string>>> {
  return manifest.secrets.length === 0 ? {} : store.secrets.get(tenant, manifest.secrets);
}

function settle(
  { sandboxes, workerId }: WorkerDeps,
  { function: { manifest }, queueUs }: TakenInvocation,
  attempt: Attempt,
): Settlement {
  const { outcome, resultJson, isHttpResponse, marks, ending, resultBytes, logBytes, afterAnswer } = attempt;
  const receipt = createReceipt({
    cgroupMode: sandboxes.cgroupMode,
    isolation: attempt.isolation,
    worker: workerId,
    queueUs,
    marks,
    ending,
    limits: manifest.limits,
    resultBytes,
    logBytes,
    enforced: sandboxes.enforced,
    afterAnswer,
  });
  return { outcome, resultJson, isHttpResponse, receipt };
}

function withoutReceipt(outcome: Outcome): Settlement {
  return { outcome, resultJson: null, isHttpResponse: false, receipt: null };
}
