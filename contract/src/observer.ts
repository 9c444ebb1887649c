import type { Limits } from "./limits.ts";
import type { OutcomeKind } from "./outcome.ts";
import type { Receipt } from "./receipt.ts";

/**
 * What a worker tells of its work. Observing is optional and can never break an invocation: an observer that
 * throws is logged and passed over.
 */
export interface WorkerObserver {
  /** An invocation was taken from its queue. */
  taken(functionName: string, queueUs: number): void;
  /** One attempt ended; the receipt is null where no process was started. The id goes into exemplars, never a label. */
  attemptEnded(
    functionName: string,
    outcome: OutcomeKind,
    receipt: Receipt | null,
    limits: Limits,
    invocationId: string,
  ): void;
  /** The terminal record of an invocation was written, here and nowhere else. */
  terminal(functionName: string, outcome: OutcomeKind, durationSeconds: number, invocationId: string): void;
  /** A process had to boot its runtime (nothing parked was at hand). */
  coldStart(functionName: string): void;
}

/** What a worker can be asked for at any time, for gauges. */
export interface WorkerGauges {
  slots(): { readonly total: number; readonly busy: number };
  /** What could not be cleaned up; each must stay 0. */
  leaked(): {
    readonly processes: number;
    readonly cgroups: number;
    readonly mounts: number;
    readonly netns: number;
  };
}
