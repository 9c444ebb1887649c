import { z } from "zod";
import { outcomeSchema } from "./outcome.ts";
import { receiptSchema } from "./receipt.ts";

export const INVOCATION_STATES = [
  "queued",
  "delayed",
  "running",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type InvocationState = (typeof INVOCATION_STATES)[number];

/** True for the states that never change again. */
export function isTerminal(state: InvocationState): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}

/** One process that was run for an invocation. Times are milliseconds since the epoch. */
export const attemptSchema = z.object({
  attempt: z.number().int().positive(),
  worker: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  outcome: outcomeSchema,
  receipt: receiptSchema.nullable(),
});
export type Attempt = z.infer<typeof attemptSchema>;

/** Where an invocation runs right now; shown to admins only. */
export const placeSchema = z.object({
  worker: z.string(),
  /** The host's number of the function's main process. */
  pid: z.number().int(),
  /** The leaf's directory on the host, by hierarchy (`memory`, `pids` …; `unified` for v2). */
  cgroups: z.record(z.string(), z.string()),
});
export type Place = z.infer<typeof placeSchema>;

/** What `GET /invocations/:id` answers. */
export const invocationRecordSchema = z.object({
  id: z.string(),
  function: z.string(),
  version: z.string(),
  state: z.enum(INVOCATION_STATES),
  outcome: outcomeSchema.nullable(),
  result: z.unknown(),
  receipt: receiptSchema.nullable(),
  attempts: z.array(attemptSchema),
  acceptedAt: z.number(),
  endedAt: z.number().nullable(),
  ...placeSchema.partial().shape,
});
export type InvocationRecord = z.infer<typeof invocationRecordSchema>;

/** One line that a function wrote. `time` is milliseconds since the epoch. */
export const logLineSchema = z.object({
  time: z.number(),
  stream: z.enum(["stdout", "stderr"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const logsSchema = z.object({ lines: z.array(logLineSchema), truncated: z.boolean() });
export type Logs = z.infer<typeof logsSchema>;

/** The HTTP request behind an invocation, as the gateway saw it. */
export const httpRequestSchema = z.object({
  method: z.string(),
  /** The path below the function: `/` for `/function/name`, else `/rest`. */
  path: z.string(),
  /** The query as it was sent, without `?`. */
  query: z.string(),
  /** Names in lower case, in the order in which they came; a name may come more than once. */
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** The body's bytes in base64; null where they are exactly `JSON.stringify(data)`. */
  rawBody: z.string().nullable(),
  /** The caller's address. */
  remoteAddress: z.string(),
  /** The URL's origin as the caller wrote it, for the `Request` of a fetch handler. */
  origin: z.string(),
});
export type HttpRequest = z.infer<typeof httpRequestSchema>;

/**
 * What the gateway adds to a job, in the job option `mayfly`: never in `data`, so that no event can forge it.
 * A producer's own job has no such option.
 */
export const gatewayOptionSchema = z.object({
  format: z.literal(1),
  /** The version of the moment at which the call was accepted. */
  version: z.string(),
  tenant: z.string(),
  acceptedAt: z.number(),
  http: httpRequestSchema.nullable(),
  /** W3C trace context of the caller, if it sent one. */
  traceparent: z.string().nullable(),
  /** Sync calls: the channel on which the waiting gateway listens, and until when the call may begin. */
  sync: z.object({ replyTo: z.string(), beginBefore: z.number() }).nullable(),
});
export type GatewayOption = z.infer<typeof gatewayOptionSchema>;

/** A function's own HTTP answer: Lambda's shape, in which a `Response` is kept too. */
export const httpResponseSchema = z.object({
  statusCode: z.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  body: z.string(),
  isBase64Encoded: z.boolean(),
});
export type HttpResponse = z.infer<typeof httpResponseSchema>;
