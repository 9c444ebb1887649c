// @ts-check
"use strict";

const { InvalidResult } = require("./errors.cjs");

const HTTP_KEYS = new Set([
  "statusCode",
  "headers",
  "body",
  "isBase64Encoded",
  "multiValueHeaders",
  "cookies",
  "statusDescription",
]);
/** A token of RFC 9110, and what Node's own HTTP server lets through as a value. */
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Turns what a handler returned into JSON text.
 *
 * @param {unknown} value
 * @returns {Promise<{ json: string, isHttpResponse: boolean }> | { json: string, isHttpResponse: boolean }}
 *   a promise only where a `Response`'s body has to be read
 * @throws InvalidResult where JSON cannot hold it, or status or headers are none
 */
function toResult(value) {
  if (isResponse(value)) return fromResponse(value);
  if (isHttpShape(value)) return { json: toJson(fromHttpShape(value)), isHttpResponse: true };
  return { json: toJson(value), isHttpResponse: false };
}

/** @param {unknown} value */
function toJson(value) {
  if (value === undefined) return "null";
  let json;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    throw new InvalidResult(`The result cannot be written as JSON: ${/** @type {Error} */ (error)?.message}`);
  }
  if (json === undefined)
    throw new InvalidResult(`The result is a ${typeof value}, which cannot be written as JSON`);
  return json;
}

/**
 * By its shape: naming the global `Response` would load Node's whole fetch, and a library may bring its own.
 *
 * @param {unknown} value @returns {value is Response}
 */
function isResponse(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.prototype.toString.call(value) === "[object Response]" &&
    typeof (/** @type {any} */ (value).arrayBuffer) === "function"
  );
}

/** @param {Response} response */
async function fromResponse(response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  /** @type {Record<string, string | string[]>} */
  const headers = {};
  for (const [name, value] of response.headers) if (name !== "set-cookie") headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  const statusCode = checkStatus(response.status);
  return { json: toJson({ statusCode, headers, ...encodeBody(bytes) }), isHttpResponse: true };
}

/** @param {Buffer} bytes */
function encodeBody(bytes) {
  return require("node:buffer").isUtf8(bytes)
    ? { body: bytes.toString("utf8"), isBase64Encoded: false }
    : { body: bytes.toString("base64"), isBase64Encoded: true };
}

/**
 * True for Lambda's answer. Any other key makes it a plain value: a function may well report another's status.
 *
 * @param {unknown} value @returns {value is Record<string, unknown>}
 */
function isHttpShape(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.hasOwn(value, "statusCode") &&
    Object.keys(value).every((key) => HTTP_KEYS.has(key))
  );
}

/** @param {Record<string, unknown>} shape */
function fromHttpShape({ statusCode, headers, multiValueHeaders, cookies, body, isBase64Encoded }) {
  return {
    statusCode: checkStatus(statusCode),
    headers: checkHeaders({
      ...checkObject(headers, "headers"),
      ...checkObject(multiValueHeaders, "multiValueHeaders"),
      ...(cookies === undefined ? {} : { "set-cookie": cookies }),
    }),
    ...checkBody(body, isBase64Encoded),
  };
}

/** @param {unknown} status */
function checkStatus(status) {
  if (typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new InvalidResult(`statusCode is ${String(status)}; it takes a whole number from 200 to 599`);
}

/** @param {unknown} value @param {string} name @returns {Record<string, unknown>} */
function checkObject(value, name) {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value))
    return /** @type {Record<string, unknown>} */ (value);
  throw new InvalidResult(`${name} is no object`);
}

/** @param {Record<string, unknown>} given */
function checkHeaders(given) {
  /** @type {Record<string, string | string[]>} */
  const headers = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (!HEADER_NAME.test(name)) throw new InvalidResult(`${JSON.stringify(name)} is no header name`);
    headers[name.toLowerCase()] = Array.isArray(value)
      ? value.map((one) => checkHeader(name, one))
      : checkHeader(name, value);
  }
  return headers;
}

/** @param {string} name @param {unknown} value */
function checkHeader(name, value) {
  const isText = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (isText && HEADER_VALUE.test(String(value))) return String(value);
  throw new InvalidResult(`the header ${name} has a value that HTTP cannot carry`);
}

/** @param {unknown} body @param {unknown} isBase64Encoded */
function checkBody(body, isBase64Encoded) {
  if (body === undefined || body === null) return { body: "", isBase64Encoded: false };
  if (typeof body === "string") return { body, isBase64Encoded: isBase64Encoded === true };
  if (body instanceof Uint8Array) return encodeBody(Buffer.from(body));
  throw new InvalidResult(
    `body is ${Array.isArray(body) ? "an array" : `of type ${typeof body}`}; it takes a string (JSON.stringify it) or bytes`,
  );
}

module.exports = { toResult };
