import {
  type Attempt,
  type InvocationRecord,
  type InvocationState,
  isTerminal,
  type Outcome,
  type Place,
} from "@mayfly/contract";

/**
 * The fields of an invocation's hash. `entered` is the fencing token of the attempt whose user code may run; `due` is
 * when a retry may begin; `ours` counts failures of Mayfly's own.
 */
export interface RecordFields {
  readonly function: string;
  readonly version: string;
  readonly tenant: string;
  readonly state: InvocationState;
  readonly acceptedAt: string;
  readonly endedAt?: string;
  readonly due?: string;
  readonly outcome?: string;
  /** JSON text, as the function's runtime wrote it. */
  readonly result?: string;
  /** "1" where the result is a function's own HTTP answer. */
  readonly http?: string;
  readonly place?: string;
  readonly entered?: string;
  /** When it entered. */
  readonly began?: string;
  readonly cancel?: string;
  readonly ours?: string;
}

/** Attempts stand in fields of their own, so that adding one rewrites none. */
export const attemptField = (attempt: number) => `attempt:${attempt}`;

export function attemptsOf(fields: Readonly<Record<string, string>>): Attempt[] {
  return Object.entries(fields)
    .filter(([name]) => name.startsWith("attempt:"))
    .map(([, text]) => JSON.parse(text) as Attempt)
    .sort((a, b) => a.attempt - b.attempt);
}

/** Makes the record that the API shows out of its hash; null where there is no record yet. */
export function decodeRecord(id: string, fields: Readonly<Record<string, string>>): InvocationRecord | null {
  const kept = fields as unknown as Partial<RecordFields>;
  if (kept.state === undefined || kept.function === undefined) return null;
  const attempts = attemptsOf(fields);
  const state = waitingState(kept.state, Number(kept.due ?? 0));
  const ended = isTerminal(state);
  return {
    id,
    function: kept.function,
    version: kept.version ?? "",
    state,
    outcome: ended && kept.outcome !== undefined ? (JSON.parse(kept.outcome) as Outcome) : null,
    result: ended && kept.result !== undefined ? JSON.parse(kept.result) : null,
    receipt: attempts.at(-1)?.receipt ?? null,
    attempts,
    acceptedAt: Number(kept.acceptedAt ?? 0),
    endedAt: kept.endedAt === undefined ? null : Number(kept.endedAt),
    ...(state === "running" && kept.place !== undefined ? (JSON.parse(kept.place) as Place) : {}),
  };
}

/** A retry that waits for its time is delayed until then. */
function waitingState(state: InvocationState, due: number): InvocationState {
  if (state !== "queued" && state !== "delayed") return state;
  return due > Date.now() ? "delayed" : "queued";
}
