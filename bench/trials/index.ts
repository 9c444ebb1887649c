import { CLOSED_TRIALS } from "./closed.ts";
import { OPEN_TRIALS } from "./open.ts";
import type { Trial } from "./trial.ts";
import { WHOLE_TRIALS } from "./whole.ts";

/** All that is measured, in the order of the report. */
export const TRIALS: readonly Trial[] = [...CLOSED_TRIALS, ...OPEN_TRIALS, ...WHOLE_TRIALS];
