// @ts-check
"use strict";

const { FRAME, nowUs, receiveInvoke, sendJson, sendResult, waitToBeEnded } = require("./channel.cjs");
const { createContext, isTimeUp } = require("./context.cjs");
const { describeError } = require("./errors.cjs");
const { findHandler } = require("./handler.cjs");
const { loadBundle } = require("./load.cjs");
const { installOutput } = require("./output.cjs");
const { toResult } = require("./result.cjs");
const { installStackTraces } = require("./stack-traces.cjs");

/** @type {Set<Promise<unknown>>} */
const waitedFor = new Set();

/** @param {Promise<unknown>} promise */
function waitUntil(promise) {
  const settled = Promise.resolve(promise)
    .catch((error) => console.error("waitUntil:", error))
    .finally(() => waitedFor.delete(settled));
  waitedFor.add(settled);
}

/** @param {unknown} thrown */
function fail(thrown) {
  const gaveUp = isTimeUp() && isAbort(thrown);
  sendJson(FRAME.error, { ...describeError(thrown), atUs: nowUs(), isTimeUp: gaveUp });
  waitToBeEnded();
}

/** @param {any} thrown */
function isAbort(thrown) {
  return thrown?.name === "TimeoutError" || thrown?.name === "AbortError";
}

/** @param {any} header @param {unknown} returned */
async function answer(header, returned) {
  const { json, isHttpResponse } = await toResult(await returned);
  const bytes = Buffer.byteLength(json);
  if (bytes > header.resultBytes) {
    sendJson(FRAME.tooLarge, { bytes, atUs: nowUs() });
    waitToBeEnded();
  }
  sendResult(json, { isHttpResponse, pending: waitedFor.size > 0 });
  while (waitedFor.size > 0) await Promise.all(waitedFor);
  sendJson(FRAME.settled, {});
  waitToBeEnded();
}

/** Sets the process up as functions find it. It needs nothing of the invocation, so a zygote does it for all its copies. */
function installRunner() {
  process.dlopen({ exports: {} }, `${__dirname}/oom.node`);
  installOutput();
  // A listener of the function's own decides itself what an uncaught error means.
  process.on("uncaughtException", (error) => {
    if (process.listenerCount("uncaughtException") === 1) fail(error);
  });
}

/**
 * Takes the invoke frame from descriptor 3, and answers it.
 *
 * @param {number} bootedUs when this process was ready for it
 */
function runInvocation(bootedUs) {
  const invoke = receiveInvoke();
  if (invoke !== null) void handle(invoke, bootedUs);
}

/**
 * Calls the function's handler, and writes one frame that says how it went.
 *
 * @param {import("./channel.cjs").Invoke} invoke @param {number} bootedUs
 */
async function handle({ header, event, rawBody }, bootedUs) {
  Object.assign(process.env, header.secrets);
  installStackTraces(header.bundle);
  try {
    const exports = await loadBundle(header.bundle);
    const call = findHandler(exports);
    const context = createContext({ header, rawBody, waitUntil });
    sendJson(FRAME.called, { bootedUs, calledUs: nowUs() });
    const parsed = () => JSON.parse(event.toString("utf8"));
    await answer(header, call({ event: parsed, context, http: header.http }));
  } catch (error) {
    fail(error);
  }
}

module.exports = { fail, installRunner, runInvocation, handle };
