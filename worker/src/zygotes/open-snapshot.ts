import { totalmem } from "node:os";
import type { FunctionVersion, LogLine } from "@mayfly/contract";
import { invokeFrame } from "@mayfly/runtimes";
import type { Sandboxes, Snapshot, Zygote } from "@mayfly/sandbox-addon";
import { COMPILED_RUNTIME } from "../code/code-cache.ts";
import type { CodeFacts, CodeTrees } from "../code/code-trees.ts";
import { type Log, nowUs } from "../deps.ts";
import { collectLog } from "../logs/invocation-log.ts";
import type { ResultChecker } from "../outcome/result-checker.ts";
import { clocksOf } from "../run/clocks.ts";
import { converse } from "../run/conversation.ts";
import { bundleOf } from "../run/invoke-header.ts";
import { forkSpec, processSpec } from "../run/spec.ts";

/** What a snapshot says once it can be copied: zygote/snapshot.cjs. */
const READY = "true";

export interface SnapshotOpenerDeps {
  readonly sandboxes: Pick<Sandboxes, "openSnapshot">;
  readonly codeTrees: Pick<CodeTrees, "lease">;
  readonly checker: ResultChecker;
  readonly log: Log;
}

/**
 * Makes what runs a function's module scope once, in a sandbox with the function's own limits and without its secrets, and
 * leaves it ready to be copied. It rejects with what the module scope does that no copy would have.
 */
export function createSnapshotOpener({ sandboxes, codeTrees, checker, log }: SnapshotOpenerDeps) {
  return async function open(version: FunctionVersion, zygote: Zygote, positions: number): Promise<Snapshot> {
    const { manifest } = version;
    const compiledFor = manifest.runtime === COMPILED_RUNTIME ? manifest.entry : undefined;
    using code = await codeTrees.lease(version.artifact, compiledFor);
    if (code.bundleFormat !== "cjs")
      throw new Error("Its module scope awaits, and no copy can be made of that.");
    const spec = forkSpec(processSpec(version, "", {}), zygote, code.tree);
    const snapshot = await sandboxes.openSnapshot({ ...spec, positions });
    const { running } = snapshot;
    try {
      if (running.control === null) throw new Error("A snapshot has no control channel.");
      collectLog({
        streams: { stdout: running.stdout, stderr: running.stderr },
        maxBytes: manifest.limits.logBytes,
        now: Date.now,
        append: async (lines) => tell(log, version, lines),
      });
      running.stdin.end();
      const talk = converse(running.control, READY.length, checker);
      talk.say(invokeFrame(headerOf(version, code), "null", null));
      await Promise.race([talk.settled, running.ended]);
      const { result, error } = talk.evidence;
      if (result?.json !== READY) throw new Error(error?.errorMessage ?? (await endOf(snapshot)));
      snapshot.serve();
      return snapshot;
    } catch (error) {
      running.kill("cancelled");
      throw error;
    }
  };
}

/** What a module scope prints belongs to no call. */
function tell(log: Log, { name, version }: FunctionVersion, lines: readonly LogLine[]): void {
  for (const { stream, text } of lines)
    log.info({ function: name, version, stream, text }, "a snapshot printed");
}

async function endOf({ running }: Snapshot): Promise<string> {
  running.kill("cancelled");
  const { killedBy, signal, exitCode } = await running.ended;
  return `its module scope ended as ${killedBy ?? signal ?? `status ${exitCode}`}`;
}

function headerOf({ name, version, manifest }: FunctionVersion, code: CodeFacts) {
  return {
    facts: {
      invocationId: "",
      functionName: name,
      functionVersion: version,
      attempt: 1,
      memoryLimitBytes: manifest.limits.memoryBytes ?? totalmem(),
    },
    http: null,
    job: null,
    secrets: {},
    resultBytes: READY.length,
    ...clocksOf(nowUs(), manifest.limits.timeoutMs),
    bundle: bundleOf(manifest.entry, code),
  };
}
