/**
 * What is said on descriptor 3 of a sandbox. A frame is its payload's length (u32, big endian), its type (u8) and
 * its payload. The worker says `invoke` once, and `cancel` perhaps; all the rest comes from the sandbox, so from
 * code that may lie: it is parsed as an attacker's.
 *
 * The runners, in JavaScript and Python, and the out-of-memory hook have these numbers too.
 */
export const FRAME = {
  /** u32 length of the header, header (JSON), u32 length of the event, event (JSON), raw body. */
  invoke: 1,
  cancel: 2,
  /** JSON: the handler is about to be called. */
  called: 16,
  /** u8 flags, f64 time, JSON text of the result. */
  result: 17,
  /** JSON: what was thrown. */
  error: 18,
  /** V8's own out-of-memory callback says so. */
  heapOom: 19,
  /** All that `waitUntil` was given has settled. */
  settled: 20,
  /** JSON: the result was larger than the limit and was not sent. */
  tooLarge: 21,
} as const;

export const HEAD_BYTES = 5;
export const RESULT_HEAD_BYTES = 9;

export const FLAG_HTTP_RESPONSE = 1;
/** `waitUntil` was given promises that have not settled: the process is still needed. */
export const FLAG_PENDING = 2;

/** What a runner is told of its one invocation. Times are microseconds of the monotonic clock. */
export interface InvokeHeader {
  /** The plain facts of the handler's context, under its names. */
  readonly facts: {
    readonly invocationId: string;
    readonly functionName: string;
    readonly functionVersion: string;
    readonly attempt: number;
    readonly memoryLimitBytes: number;
  };
  readonly http: HttpHeader | null;
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly opts: Readonly<Record<string, unknown>>;
  } | null;
  /** Environment that must not be there before the process has started. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly resultBytes: number;
  /** When the process will be killed. */
  readonly deadlineUs: number;
  /** When the signal aborts: a little before. */
  readonly abortUs: number;
  readonly bundle: Bundle;
}

export interface HttpHeader {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly origin: string;
  /** True where the raw body is the event byte by byte, and is not sent twice. */
  readonly rawBodyIsEvent: boolean;
}

/** The code to load. Paths are those in the sandbox. */
export interface Bundle {
  /** What is read: the bundle, or python's entry. */
  readonly path: string;
  readonly mapPath: string;
  /** What `compile.cjs` made of the bundle, if it did; cjs only. */
  readonly cachePath?: string;
  /** The entry, as whose file the code is run. */
  readonly scriptName: string;
  /** What the sources of the map are relative to. */
  readonly sourceRoot: string;
  readonly format: "cjs" | "esm";
}

/** What a sandbox said, parsed and bounded, and still not trusted: it can lie about itself. */
export type RunnerFrame =
  | { readonly type: "called"; readonly bootedUs: number; readonly calledUs: number }
  | {
      readonly type: "result";
      readonly isHttpResponse: boolean;
      readonly pending: boolean;
      readonly atUs: number;
      /** Said to be JSON; not parsed yet. */
      readonly json: Buffer;
    }
  | {
      readonly type: "error";
      readonly errorType: string;
      readonly errorMessage: string;
      readonly stack: string | null;
      /** The system's code, such as `ENOSPC`. */
      readonly code: string | null;
      readonly atUs: number;
      /** It gave up because its signal said that time was up. */
      readonly isTimeUp: boolean;
    }
  | { readonly type: "heapOom" }
  | { readonly type: "settled" }
  | { readonly type: "tooLarge"; readonly bytes: number; readonly atUs: number };
