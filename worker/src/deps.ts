import type { WorkerObserver } from "@mayfly/contract";
import type { RootStep, Running, Sandboxes } from "@mayfly/sandbox-addon";
import type { Store } from "@mayfly/store";
import type { CodeTrees } from "./code/code-trees.ts";
import type { FixedTrees } from "./code/fixed-trees.ts";
import type { NodeVersions } from "./code/node-versions.ts";
import type { ResultChecker } from "./outcome/result-checker.ts";
import type { StartPause } from "./run/start-pause.ts";
import type { Zygotes } from "./zygotes/zygotes.ts";

export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What a worker's parts are given. */
export interface WorkerDeps {
  readonly workerId: string;
  readonly store: Store;
  readonly sandboxes: Sandboxes;
  readonly fixedTrees: FixedTrees;
  readonly codeTrees: CodeTrees;
  readonly nodeVersions: NodeVersions;
  readonly checker: ResultChecker;
  readonly zygotes: Zygotes;
  readonly startPause: StartPause;
  readonly observer: Pick<WorkerObserver, "attemptEnded" | "started" | "startFailed" | "zygote">;
  readonly log: Log;
  /** What every root on this host begins with. */
  readonly systemRoot: readonly RootStep[];
  /** Where files lie for a moment on their way into a tree. */
  readonly scratch: string;
  /** Sandboxes at work, for a stop that does not wait. */
  readonly running: Set<Running>;
  /** Aborted where the worker waits for nothing more: what is not a sandbox's ends by it. */
  readonly stopping: AbortSignal;
}

/** Microseconds of the monotonic clock, which sandboxes read too. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
