import { type HttpEvent, type HttpRequest, MayflyError } from "@mayfly/contract";
import { parseJson } from "../http/parse-json.ts";

export interface Event {
  /** The event as JSON text. */
  readonly json: string;
  /** The body in base64; null where it is exactly `json`, so that it need not travel twice. */
  readonly rawBody: string | null;
}

/** What clients put on by themselves: curl on every `-d`, fetch on every string, and some nothing at all. */
const UNASKED_TYPES = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);
const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)$|.*\+(json|xml)$)/;
/** Methods whose point is their body: an empty one is the event `null`. */
const BODY_METHODS = new Set(["POST", "PUT", "PATCH"]);

/**
 * Makes the event of a request: a JSON body is the event itself, an empty one `null`, anything else the HTTP event
 * of Lambda's payload format 2.0.
 *
 * A body counts as JSON by its Content-Type, or where that was hardly chosen and the body is a JSON object or array:
 * `curl -d '{"a":1}'` means JSON although it says it is a form, and no encoded form begins with a bracket.
 *
 * @throws MayflyError `invalidJson`
 */
export function eventOf(request: Omit<HttpRequest, "rawBody">, body: Buffer, timeMs: number): Event {
  const type = mediaType(headerOf(request, "content-type"));
  const encoded = !["", "identity"].includes(headerOf(request, "content-encoding").toLowerCase());
  if (body.length === 0) {
    if (BODY_METHODS.has(request.method)) return { json: "null", rawBody: "" };
  } else if (!encoded) {
    if (isJsonType(type)) return jsonEvent(parseJson(body), body);
    const guessed = UNASKED_TYPES.has(type) ? tryObject(body) : undefined;
    if (guessed !== undefined) return jsonEvent(guessed, body);
  }
  const event = httpEvent(request, body, !encoded && TEXT_TYPES.test(type), timeMs);
  return { json: JSON.stringify(event), rawBody: body.toString("base64") };
}

function jsonEvent(value: unknown, body: Buffer): Event {
  const json = stringify(value);
  const same = Buffer.from(json).equals(body);
  return { json, rawBody: same ? null : body.toString("base64") };
}

/** JSON.parse keeps its own stack, JSON.stringify the machine's: what is nested too deeply shows only here. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MayflyError(
      "invalidJson",
      "The body is JSON nested too deeply to be handled (a few thousand levels). Send it flatter, or as text.",
      { cause },
    );
  }
}

function tryObject(body: Buffer): object | undefined {
  const first = body.toString("latin1", 0, 64).trimStart()[0];
  if (first !== "{" && first !== "[") return undefined;
  try {
    return parseJson(body) as object;
  } catch {
    return undefined;
  }
}

function httpEvent(
  request: Omit<HttpRequest, "rawBody">,
  body: Buffer,
  isText: boolean,
  timeMs: number,
): HttpEvent {
  const headers = joined(request.headers, ",");
  const parameters = joined([...new URLSearchParams(request.query)], ",");
  const text = isText ? decodeUtf8(body) : null;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: request.path,
    rawQueryString: request.query,
    headers,
    ...(request.query === "" ? {} : { queryStringParameters: parameters }),
    requestContext: {
      domainName: new URL(request.origin).hostname,
      timeEpoch: timeMs,
      http: {
        method: request.method,
        path: request.path,
        protocol: "HTTP/1.1",
        sourceIp: request.remoteAddress,
        userAgent: headers["user-agent"] ?? "",
      },
    },
    ...(body.length === 0 ? {} : { body: text ?? body.toString("base64") }),
    isBase64Encoded: body.length > 0 && text === null,
  };
}

/** Text as text, or null for bytes that are not UTF-8 whatever their label says. */
function decodeUtf8(body: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function joined(pairs: readonly (readonly [string, string])[], separator: string): Record<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = all.get(name);
    all.set(name, before === undefined ? value : before + (name === "cookie" ? "; " : separator) + value);
  }
  return Object.fromEntries(all);
}

function headerOf({ headers }: Pick<HttpRequest, "headers">, name: string): string {
  return headers.find(([known]) => known === name)?.[1] ?? "";
}

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function isJsonType(type: string): boolean {
  return type === "application/json" || type === "text/json" || /^[\w.-]+\/[\w.-]+\+json$/.test(type);
}
