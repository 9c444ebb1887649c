import { z } from "zod";

/**
 * How an attempt ended, and what a synchronous caller is answered. The order is the order of precedence:
 * where several fit, the first one is the outcome. A function that answers itself (`ok`) decides its own status.
 */
const OUTCOMES = [
  ["ok", 200],
  ["cancelled", 499],
  ["expired", 504],
  ["timedOut", 504],
  ["cpuTimeExceeded", 504],
  ["outOfMemory", 500],
  ["syscallDenied", 500],
  ["heapOutOfMemory", 500],
  ["pidsExhausted", 500],
  ["diskFull", 500],
  ["outputTooLarge", 500],
  ["signalled", 500],
  ["exited", 500],
  ["functionError", 500],
  ["workerLost", 503],
  ["systemFailure", 503],
] as const;

export type OutcomeKind = (typeof OUTCOMES)[number][0];

/** Every outcome there is, in order of precedence. */
export const OUTCOME_KINDS = OUTCOMES.map(([kind]) => kind) as [OutcomeKind, ...OutcomeKind[]];

const STATUS_OF = new Map<OutcomeKind, number>(OUTCOMES);

/** The HTTP status that a synchronous caller gets for an outcome. */
export function statusOf(kind: OutcomeKind): number {
  return STATUS_OF.get(kind) ?? 500;
}

/** True for failures that are Mayfly's own, never the function's: they retry without using up an attempt. */
export function isOurFailure(kind: OutcomeKind): boolean {
  return kind === "workerLost" || kind === "systemFailure";
}

/**
 * The outcome of one attempt: a value, never an exception, decided from evidence (kernel counters, wait status,
 * a message on the control channel). Only the facts that belong to the kind are present.
 */
export const outcomeSchema = z.object({
  kind: z.enum(OUTCOME_KINDS),
  /** One sentence for people: what happened and what to do about it. Absent for `ok`. */
  message: z.string().optional(),
  /** `functionError`: the class name of what was thrown (or `InvalidResult`). */
  errorType: z.string().optional(),
  errorMessage: z.string().optional(),
  /** `functionError`: the stack, with the lines of the user's own source. */
  stack: z.string().optional(),
  /** `exited`: the status that the process left with. */
  exitCode: z.number().int().optional(),
  /** `signalled`: the signal's name, such as `SIGSEGV`. */
  signal: z.string().optional(),
  /** `syscallDenied`: the call's name. */
  syscall: z.string().optional(),
});

export type Outcome = z.infer<typeof outcomeSchema>;
