import { z } from "zod";

/**
 * What Mayfly itself answers with an error, and the HTTP status of each. What a *function* did is an outcome, and
 * never stands here.
 */
export const ERROR_STATUS = {
  invalidRequest: 400,
  invalidJson: 400,
  invalidName: 400,
  invalidManifest: 400,
  invalidBundle: 400,
  limitOverCeiling: 400,
  unauthenticated: 401,
  forbidden: 403,
  foreignOrigin: 403,
  notFound: 404,
  functionNotFound: 404,
  invocationNotFound: 404,
  secretNotFound: 404,
  methodNotAllowed: 405,
  alreadyEnded: 409,
  jobsWaiting: 409,
  nameTaken: 409,
  payloadTooLarge: 413,
  unsupportedMediaType: 415,
  idempotencyMismatch: 422,
  tooManyWaiting: 429,
  internal: 500,
  noWorker: 503,
  queueTimeout: 503,
  redisUnavailable: 503,
  draining: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** Thrown by us for what we refuse or fail at. The message names the subject, the reason and the remedy. */
export class MayflyError extends Error {
  override readonly name = "MayflyError";
  readonly code: ErrorCode;
  /** Facts for machines, such as `{ limit: "memory", ceiling: "2g" }`. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }
}

/** RFC 9457 `application/problem+json`, with our stable `code`. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  invocationId: z.string().optional(),
});

export type Problem = z.infer<typeof problemSchema>;
