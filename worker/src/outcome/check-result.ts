import { isUtf8 } from "node:buffer";
import { httpResponseSchema } from "@mayfly/contract";

/** A token of RFC 9110, and what Node's HTTP server lets through as a value. */
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Deeper, and whoever writes or walks it by recursion, as JSON.stringify does, has no stack left for it. */
const MAX_DEPTH = 1000;

/** A parsed one takes up to thirty times its text, and V8 ends the whole process where JSON.parse runs out of memory. */
const MAX_CONTAINERS = 2_000_000;

export type ResultCheck = { readonly valid: true } | { readonly valid: false; readonly reason: string };

/** What a sandbox says is its result, proved to be one: the runner checks too, but code can go past its runner. */
export function checkResult(json: Uint8Array, isHttpResponse: boolean): ResultCheck {
  if (!isUtf8(json)) return invalid("the result is not UTF-8");
  const tooMuch = excessOf(json);
  if (tooMuch !== null) return invalid(tooMuch);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("utf8"));
  } catch {
    return invalid("the result is not JSON");
  }
  return isHttpResponse ? checkHttp(value) : { valid: true };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Counts brackets outside of strings, so that what is too deep or too much is not even parsed. */
function excessOf(json: Uint8Array): string | null {
  let depth = 0;
  let containers = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte)) {
      if (++depth > MAX_DEPTH) return `the result is nested more than ${MAX_DEPTH} levels deep`;
      if (++containers > MAX_CONTAINERS)
        return `the result has more than ${MAX_CONTAINERS} arrays and objects`;
    } else if (CLOSING.has(byte)) depth--;
  }
  return null;
}

function checkHttp(value: unknown): ResultCheck {
  const parsed = httpResponseSchema.safeParse(value);
  if (!parsed.success) return invalid("the result is no HTTP answer");
  const { statusCode, headers } = parsed.data;
  if (statusCode < 200 || statusCode > 599) return invalid(`the status code is ${statusCode}`);
  for (const [name, values] of Object.entries(headers)) {
    if (!HEADER_NAME.test(name)) return invalid(`${JSON.stringify(name)} is no header name`);
    if (![values].flat().every((one) => HEADER_VALUE.test(one)))
      return invalid(`the header ${name} has a value that HTTP cannot carry`);
  }
  return { valid: true };
}

function invalid(reason: string): ResultCheck {
  return { valid: false, reason };
}
