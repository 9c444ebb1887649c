// @ts-check
"use strict";

/**
 * One call. `event` parses when it is called, since a fetch handler needs no parsed event.
 *
 * @typedef {{ event: () => unknown, context: any, http: any }} Invocation
 * @typedef {(invocation: Invocation) => unknown} Call
 */

class HandlerNotFound extends Error {
  /** @override */
  name = "HandlerNotFound";
}

/**
 * Finds the handler among a module's exports, in any of the shapes that people know.
 *
 * @param {any} exports
 * @returns {Call}
 */
function findHandler(exports) {
  const main = exports?.default ?? exports;
  if (typeof main === "function") return ({ event, context }) => main(event(), context);
  if (typeof exports?.handler === "function") return lambda(exports.handler);
  if (typeof main?.handler === "function") return lambda(main.handler);
  if (typeof main?.fetch === "function") {
    const { toRequest } = require("./request.cjs");
    return (invocation) => main.fetch(toRequest(invocation), { ...process.env }, invocation.context);
  }
  const found = Object.keys(exports ?? {}).join(", ") || "nothing";
  throw new HandlerNotFound(
    `The entry exports no handler (it exports ${found}). Export one of: \`export default async (event, context) => …\`, \`export const handler = async (event, context) => …\`, \`export default { fetch(request, env, ctx) }\`.`,
  );
}

/** Lambda's older style takes a third argument, a callback. @param {Function} handler @returns {Call} */
function lambda(handler) {
  if (handler.length < 3) return ({ event, context }) => handler(event(), context);
  return ({ event, context }) =>
    new Promise((resolve, reject) => {
      /** @param {unknown} error @param {unknown} result */
      const callback = (error, result) =>
        error === null || error === undefined ? resolve(result) : reject(error);
      const returned = handler(event(), context, callback);
      if (typeof returned?.then === "function") returned.then(resolve, reject);
    });
}

module.exports = { findHandler };
