import { type FunctionVersion, type HttpResponse, httpResponseSchema, type Outcome } from "@mayfly/contract";
import type { Reply } from "@mayfly/queue";
import { hopByHop } from "../http/hop-by-hop.ts";
import { problemOfOutcome } from "../http/problem.ts";

type Timing = Reply["timing"];

/** The answer to a synchronous call that has ended, whichever way. */
export function answerOf(reply: Reply, fn: FunctionVersion): Response {
  const { answer, outcome } = contentOf(reply);
  return stamped(answer, { ...reply, outcome }, fn);
}

/** Marks an answer as that of one invocation. What the function itself said under these names does not count. */
export function stamped(
  answer: Response,
  { id, outcome, timing }: { id: string; outcome: Pick<Outcome, "kind"> | null; timing: Timing },
  fn: FunctionVersion,
): Response {
  answer.headers.set("mayfly-invocation-id", id);
  answer.headers.set("mayfly-version", fn.version);
  if (outcome === null) answer.headers.delete("mayfly-outcome");
  else answer.headers.set("mayfly-outcome", outcome.kind);
  // Ours comes first: after an open quote of the function's nobody could read it.
  const own = answer.headers.get("server-timing");
  answer.headers.set(
    "server-timing",
    own === null ? serverTiming(timing) : `${serverTiming(timing)}, ${own}`,
  );
  return answer;
}

/** In milliseconds (W3C Server Timing); a phase that was never reached took none. */
function serverTiming(timing: Timing): string {
  const milliseconds = (us = 0) => Number((us / 1000).toFixed(3));
  return [
    `queue;dur=${milliseconds(timing?.queueUs)}`,
    `setup;dur=${milliseconds(timing?.setupUs)}`,
    `init;dur=${milliseconds(timing?.initUs)}`,
    `run;dur=${milliseconds(timing?.runUs)}`,
  ].join(", ");
}

function contentOf({ id, outcome, resultJson, isHttpResponse }: Reply): {
  answer: Response;
  outcome: Outcome;
} {
  if (outcome.kind !== "ok") return { answer: problemOfOutcome(outcome, id), outcome };
  if (!isHttpResponse) {
    const answer = new Response(resultJson ?? "null", { headers: { "content-type": "application/json" } });
    return { answer, outcome };
  }
  const own = httpResponseSchema.safeParse(JSON.parse(resultJson ?? "null"));
  const fault = own.success ? faultIn(own.data) : "it is not { statusCode, headers, body, isBase64Encoded }";
  if (own.success && fault === null) return { answer: responseOf(own.data), outcome };
  const invalid = invalidResult(`The function's HTTP answer cannot be sent: ${fault}.`);
  return { answer: problemOfOutcome(invalid, id), outcome: invalid };
}

/** The runtime refuses such results itself; this is for one that was told to lie. */
function invalidResult(errorMessage: string): Outcome {
  const message = `${errorMessage} Return a statusCode of 200 to 599, and header values without control characters.`;
  return { kind: "functionError", errorType: "InvalidResult", errorMessage, message };
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** Latin-1 without control characters but tab (RFC 9110 §5.5): CR and LF would begin a header of another's choice. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Clients refuse more: Node reads 16 KiB of headers, curl 300 KiB, many proxies a hundred lines. */
const MAX_HEADERS = 100;
const MAX_HEADERS_BYTES = 32 * 1024;
/** Ours to say, beside those of the connection: the length is that of the body that is really sent. */
const NOT_ITS_OWN = /^(?:content-length|date|mayfly-.*)$/i;
/** Statuses that have no body (Fetch standard, "null body status"). */
const NULL_BODY = new Set([204, 205, 304]);

function faultIn({ statusCode, headers }: HttpResponse): string | null {
  if (statusCode < 200 || statusCode > 599) return `${statusCode} is no final HTTP status`;
  let count = 0;
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) return `${JSON.stringify(name)} is no header name`;
    if (![value].flat().every((text) => HEADER_VALUE.test(text)))
      return `the value of ${name} is no header value`;
    for (const text of [value].flat()) {
      count++;
      // In Latin-1, with the ": " and the end of its line.
      bytes += name.length + text.length + 4;
    }
  }
  if (count > MAX_HEADERS) return `it has ${count} headers, and ${MAX_HEADERS} are the most`;
  if (bytes > MAX_HEADERS_BYTES)
    return `its headers have ${bytes} bytes, and ${MAX_HEADERS_BYTES} are the most`;
  return null;
}

function responseOf({ statusCode, headers: own, body, isBase64Encoded }: HttpResponse): Response {
  const headers = new Headers();
  const connection = Object.entries(own).find(([name]) => name.toLowerCase() === "connection")?.[1];
  const isHopByHop = hopByHop([connection ?? ""].flat().join(","));
  for (const [name, value] of Object.entries(own)) {
    if (isHopByHop(name) || NOT_ITS_OWN.test(name)) continue;
    for (const each of [value].flat()) headers.append(name, each);
  }
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  if (NULL_BODY.has(statusCode)) return new Response(null, { status: statusCode, headers });
  if (!headers.has("content-type")) {
    headers.set("content-type", isBase64Encoded ? "application/octet-stream" : "text/plain;charset=UTF-8");
  }
  // Said here already, since the answer to HEAD goes out without the body.
  if (bytes.byteLength > 0) headers.set("content-length", String(bytes.byteLength));
  return new Response(bytes, { status: statusCode, headers });
}
