import type { Limits } from "./limits.ts";
import type { OutcomeKind } from "./outcome.ts";
import type { Isolation, Receipt } from "./receipt.ts";

/** Why a call's runtime had to boot, where it might have been a copy of one that has. */
export const BOOT_REASONS = [
  /** Its manifest says so, or it is an executable and has no runtime. */
  "isolation",
  /** There are no zygotes of this runtime. */
  "runtime",
  /** Its manifest sets what a runtime reads at its boot alone. */
  "environment",
  /** It has less memory than any zygote is made for. */
  "limits",
  /** None was ready: one is being opened, or there is no room for it, or it failed lately. */
  "noZygote",
  /** One was ready, and its copy did not come to be. */
  "forkFailed",
] as const;
export type BootReason = (typeof BOOT_REASONS)[number];

/** How the process of an attempt came to be: it stood parked, was forked for the call, or booted a runtime. */
export type ProcessStart =
  | { readonly how: "parked" }
  | { readonly how: "onDemand" }
  | { readonly how: "boot"; readonly why: BootReason };

/** What becomes of zygotes. `failed`: it could not be opened, or ended, or could not fork. */
export const ZYGOTE_EVENTS = ["opened", "replaced", "evicted", "failed"] as const;
export type ZygoteEvent = (typeof ZYGOTE_EVENTS)[number];

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
  /** The process of an attempt was started. */
  started(functionName: string, start: ProcessStart): void;
  /** A process could not be started; it is tried again, or the attempt ends as `systemFailure`. */
  startFailed(isolation: Isolation): void;
  zygote(runtime: string, event: ZygoteEvent): void;
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
  /** By runtime, each that can have zygotes, also while it has none. */
  zygotes(): readonly ZygoteStats[];
}

export interface ZygoteStats {
  readonly runtime: string;
  readonly count: number;
  /** Copies that are kept ready for calls to come. */
  readonly parked: number;
  readonly memoryBytes: number;
}
