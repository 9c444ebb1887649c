// @ts-check
"use strict";

const MAX_TEXT = 32_768;
const MAX_CAUSES = 8;

/** What a function returned that cannot be an answer. */
class InvalidResult extends Error {
  /** @override */
  name = "InvalidResult";
}

/**
 * Says anything that was thrown as plain facts. It never throws itself, whatever getters the value has.
 *
 * @param {unknown} thrown
 * @returns {{ errorType: string, errorMessage: string, stack: string | null, code: string | null }}
 */
function describeError(thrown) {
  try {
    if (!isErrorLike(thrown))
      return { errorType: typeof thrown, errorMessage: cut(sayValue(thrown)), stack: null, code: null };
    return {
      errorType: cut(typeOf(thrown)),
      errorMessage: cut(String(thrown.message)),
      stack: typeof thrown.stack === "string" ? cut(thrown.stack + causesOf(thrown)) : null,
      code: codeOf(thrown),
    };
  } catch {
    return { errorType: "Error", errorMessage: "an error that cannot be read", stack: null, code: null };
  }
}

/** @param {unknown} value @returns {value is Error & { code?: unknown }} */
function isErrorLike(value) {
  return typeof value === "object" && value !== null && "message" in value;
}

/** The class's name where it has one of its own: few subclasses of Error set `name`. @param {Error} error */
function typeOf(error) {
  const { name } = error;
  const constructorName = error.constructor?.name;
  return String(name === undefined || name === "Error" ? constructorName || name || "Error" : name);
}

/**
 * The system's own code of an error or of what caused it, by which the worker tells a full disk and refused forks.
 *
 * @param {unknown} error
 */
function codeOf(error) {
  for (let depth = 0; isErrorLike(error) && depth < MAX_CAUSES; depth++) {
    if (typeof error.code === "string") return cut(error.code);
    error = error.cause;
  }
  return null;
}

/** @param {Error} error */
function causesOf(error) {
  let text = "";
  let cause = error.cause;
  for (let depth = 0; cause !== undefined && cause !== null && depth < MAX_CAUSES; depth++) {
    text += `\nCaused by: ${isErrorLike(cause) ? (cause.stack ?? cause.message) : sayValue(cause)}`;
    cause = isErrorLike(cause) ? cause.cause : undefined;
  }
  return text;
}

/** @param {unknown} value */
function sayValue(value) {
  if (typeof value === "string") return value;
  return require("node:util").inspect(value, { depth: 3 });
}

/** @param {string} text */
function cut(text) {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (cut)`;
}

module.exports = { InvalidResult, describeError };
