import { type ErrorCode, type MayflyError, type Outcome, type Problem, statusOf } from "@mayfly/contract";

const PROBLEM_TYPE = "application/problem+json";
/** Where more about a code can be read; a URI that identifies the kind (RFC 9457 §3.1.1). */
const TYPE_PREFIX = "urn:mayfly:error:";

/** Seconds after which a repeat is worth while, for what is refused for the moment only. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  tooManyWaiting: 2,
  noWorker: 5,
  queueTimeout: 2,
  redisUnavailable: 5,
  draining: 5,
};
const OUR_FAILURE_RETRY_AFTER_SECONDS = 1;

/** The answer to what Mayfly itself refused or failed at. */
export function problemOfError(error: MayflyError, invocationId?: string): Response {
  const headers = new Headers();
  const retryAfter = RETRY_AFTER_SECONDS[error.code];
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  if (error.code === "unauthenticated") headers.set("www-authenticate", 'Bearer realm="mayfly"');
  return problemResponse(
    {
      ...error.facts,
      ...problem(error.code, error.status, error.message),
      ...(invocationId ? { invocationId } : {}),
    },
    headers,
  );
}

/** The answer to a call whose function did not end well: the outcome's own facts stand beside the problem's. */
export function problemOfOutcome(outcome: Outcome, invocationId: string): Response {
  const { kind, message, ...facts } = outcome;
  const status = statusOf(kind);
  const headers = new Headers();
  if (status === 503) headers.set("retry-after", String(OUR_FAILURE_RETRY_AFTER_SECONDS));
  return problemResponse(
    { ...facts, ...problem(kind, status, message ?? `The function ended as ${kind}.`), invocationId },
    headers,
  );
}

export function problemResponse(body: Problem, headers = new Headers()): Response {
  headers.set("content-type", PROBLEM_TYPE);
  return new Response(JSON.stringify(body), { status: body.status, headers });
}

export function problem(code: string, status: number, detail: string): Problem {
  return { type: TYPE_PREFIX + code, title: titleOf(code), status, detail, code };
}

/** `functionNotFound` → `Function not found`: the title says the kind, the detail says the case. */
function titleOf(code: string): string {
  const words = code.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
