// @ts-check
"use strict";

/*
 * Runs as a function in a copy of a zygote, before any user's does: what a new version of Node, or another kernel, might
 * break in copies shows here first. A check that hangs is a failure like one that throws.
 */

const { CHECKS } = require("./checks.cjs");
const { draw } = require("./draw.cjs");

const PATIENCE_MS = 2000;

/** @param {string} name @param {() => unknown} check @returns {Promise<string | null>} what is wrong */
async function run(name, check) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const patience = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    await Promise.race([check(), patience]);
    return null;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends without an answer, with this code, in either way in which a process can end. */
const ENDINGS = {
  /** @param {number} code */
  exit: (code) => process.exit(code),
  /** @param {number} code */
  emptyLoop: (code) => {
    process.once("exit", () => {
      process.exitCode = code;
    });
    return new Promise(() => {});
  },
};

/** @param {{ end: keyof typeof ENDINGS, code: number } | null} event */
exports.default = async (event) => {
  if (event !== null) return ENDINGS[event.end](event.code);
  const outcomes = await Promise.all(Object.entries(CHECKS).map(([name, check]) => run(name, check)));
  const failures = outcomes.filter((failure) => failure !== null);
  return { ok: failures.length === 0, failures, drawn: draw() };
};
