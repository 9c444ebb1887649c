/** How long before the end the handler's signal aborts, at the most: time to tidy up and answer. */
const ABORT_LEAD_MS = 100;

/** How long a function that looked at its signal may take to end by itself once it is cancelled. */
export const CANCEL_GRACE_MS = 100;

export interface Clocks {
  /** When the launcher kills the process. */
  readonly deadlineUs: number;
  /** When the handler's signal aborts. */
  readonly abortUs: number;
}

/** Every clock of an attempt follows from its one timeout. Microseconds of the monotonic clock. */
export function clocksOf(startedUs: number, timeoutMs: number): Clocks {
  const deadlineUs = startedUs + timeoutMs * 1000;
  const leadMs = Math.min(ABORT_LEAD_MS, timeoutMs / 10);
  return { deadlineUs, abortUs: Math.round(deadlineUs - leadMs * 1000) };
}
