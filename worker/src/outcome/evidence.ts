import type { RunnerFrame } from "@mayfly/runtimes";

/** A result that was proved to be JSON (and an HTTP answer, where it says so). */
export interface CheckedResult {
  readonly json: string;
  readonly bytes: number;
  readonly isHttpResponse: boolean;
}

export type RunnerError = Pick<
  Extract<RunnerFrame, { type: "error" }>,
  "errorType" | "errorMessage" | "stack" | "code" | "isTimeUp"
>;

/**
 * What is known of an attempt beside the kernel's word: it grows while the attempt runs. Only `result`, `error` and
 * `tooLarge` settle a call, and only the first of them is kept.
 */
export interface Evidence {
  /** Somebody cancelled it before it had settled. */
  cancelled: boolean;
  result: CheckedResult | null;
  error: RunnerError | null;
  /** Bytes of a result over the limit. */
  tooLarge: number | null;
  /** V8's own out-of-memory callback spoke. */
  heapOom: boolean;
  /** What was wrong with what it wrote to the control channel. */
  malformed: string | null;
}

export function noEvidence(): Evidence {
  return { cancelled: false, result: null, error: null, tooLarge: null, heapOom: false, malformed: null };
}
