import { type FunctionVersion, type HttpResponse, httpResponseSchema, type Outcome } from "@mayfly/contract";
import type { Reply } from "@mayfly/queue";
import { hopByHop } from "../http/hop-by-hop.ts";
import { problemOfOutcome } from "../http/problem.ts";

type Timing = Reply["timing"];

interface Stamp {
  readonly id: string;
  readonly outcome: Pick<Outcome, "kind"> | null;
  readonly timing: Timing;
}

/** The answer to a synchronous call that has ended, whichever way. */
export function answerOf(reply: Reply, fn: FunctionVersion): Response {
  if (reply.outcome.kind === "ok" && !reply.isHttpResponse) {
    // Made in one go of a plain object: the adapter writes that as it is, without `Headers` in between.
    const headers = { "content-type": "application/json", ...stampOf(reply, fn) };
    return new Response(reply.resultJson ?? "null", { headers });
  }
  const { answer, outcome } = contentOf(reply);
  return stamped(answer, { ...reply, outcome }, fn);
}

/** Marks an answer as that of one invocation. What the function itself said under these names does not count. */
export function stamped(answer: Response, stamp: Stamp, fn: FunctionVersion): Response {
  const own = answer.headers.get("server-timing");
  answer.headers.delete("mayfly-outcome");
  for (const [name, value] of Object.entries(stampOf(stamp, fn))) answer.headers.set(name, value);
  // Ours comes first: after an open quote of the function's nobody could read it.
  if (own !== null) answer.headers.append("server-timing", own);
  return answer;
}

function stampOf({ id, outcome, timing }: Stamp, fn: FunctionVersion): Record<string, string> {
  return {
    "mayfly-invocation-id": id,
    "mayfly-version": fn.version,
    ...(outcome === null ? {} : { "mayfly-outcome": outcome.kind }),
    "server-timing": serverTiming(timing),
  };
}

/** In milliseconds (W3C Server Timing); a phase that was never reached took none. */
function serverTiming(timing: Timing): string {
  const milliseconds = (us = 0) => Math.round(us) / 1000;
  return [
    `queue;dur=${milliseconds(timing?.queueUs)}`,
    `setup;dur=${milliseconds(timing?.setupUs)}`,
    `init;dur=${milliseconds(timing?.initUs)}`,
    `run;dur=${milliseconds(timing?.runUs)}`,
  ].join(", ");
}

/** What is not simply a result: the function's own HTTP answer, or a problem. */
function contentOf({ id, outcome, resultJson }: Reply): { answer: Response; outcome: Outcome } {
  if (outcome.kind !== "ok") return { answer: problemOfOutcome(outcome, id), outcome };
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
