// @ts-check
"use strict";

const BODILESS = new Set(["GET", "HEAD"]);

/**
 * The `Request` of a fetch handler: exactly what the caller sent. A producer's job is a POST of its event.
 *
 * @param {import("./handler.cjs").Invocation} invocation
 */
function toRequest({ event, context, http }) {
  const request = http === null ? ofJob(event()) : ofHttp(http, context.http.rawBody);
  // The context's own signal costs a socket, so it is made only for a handler that asks.
  Object.defineProperty(request, "signal", { configurable: true, get: () => context.signal });
  return request;
}

/** @param {unknown} event */
function ofJob(event) {
  const headers = { "content-type": "application/json" };
  return new Request("http://localhost/", { method: "POST", headers, body: JSON.stringify(event) });
}

/** @param {any} http @param {Buffer} rawBody */
function ofHttp({ origin, path, query, method, headers }, rawBody) {
  const url = origin + path + (query === "" ? "" : `?${query}`);
  const hasBody = !BODILESS.has(method) && rawBody.length > 0;
  return new Request(url, { method, headers, ...(hasBody ? { body: rawBody } : {}) });
}

module.exports = { toRequest };
