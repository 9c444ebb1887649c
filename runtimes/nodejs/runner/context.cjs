// @ts-check
"use strict";

const { listenForCancel, nowUs } = require("./channel.cjs");

/** The signal has said that time is up. */
let isTimeUp = false;

/**
 * What a handler is given beside its event: `Context` of the contract.
 *
 * @param {{ header: any, rawBody: Buffer, waitUntil: (promise: Promise<unknown>) => void }} given
 */
function createContext({ header, rawBody, waitUntil }) {
  const { deadlineUs, facts } = header;
  /** @type {AbortSignal | undefined} */
  let signal;
  return {
    ...facts,
    awsRequestId: facts.invocationId,
    memoryLimitInMB: String(Math.floor(facts.memoryLimitBytes / 1024 ** 2)),
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${facts.functionName}`,
    http: header.http && httpContext(header.http, rawBody),
    job: header.job,
    log: { debug: console.debug, info: console.info, warn: console.warn, error: console.error },
    waitUntil,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor((deadlineUs - nowUs()) / 1000)),
    get signal() {
      signal ??= createSignal(header);
      return signal;
    },
    // Lambda's flag; the call ends when the handler settles in any case.
    callbackWaitsForEmptyEventLoop: false,
    // Cloudflare's context has it, and Hono's adapters call it.
    passThroughOnException() {},
  };
}

/** @param {any} http @param {Buffer} rawBody */
function httpContext({ method, path, query, headers: pairs }, rawBody) {
  /** @type {Record<string, string>} */
  const headers = {};
  for (const [name, value] of pairs)
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  return { method, path, query, headers, rawBody };
}

/**
 * Made at the first look at it only. It aborts a little before the process is killed, or nothing could answer it.
 *
 * @param {{ abortUs: number }} header
 */
function createSignal({ abortUs }) {
  const controller = new AbortController();
  const timeUp = () => {
    isTimeUp = true;
    controller.abort(new DOMException("The time of this invocation is up", "TimeoutError"));
  };
  setTimeout(timeUp, Math.max(0, (abortUs - nowUs()) / 1000)).unref();
  listenForCancel(() => controller.abort(new DOMException("This invocation was cancelled", "AbortError")));
  return controller.signal;
}

module.exports = { createContext, isTimeUp: () => isTimeUp };
