// @ts-check
"use strict";

const { compileFunction, constants } = require("node:vm");

/** What Node gives to every CommonJS module. */
const PARAMETERS = ["exports", "require", "module", "__filename", "__dirname"];

/**
 * Compiles a CommonJS bundle, without running anything of it.
 *
 * @param {string} code
 * @param {string} scriptName whose file it is said to be
 * @param {{ cachedData?: Buffer | undefined, produceCachedData?: boolean }} [cache] of the same code, by the same Node:
 *   V8 checks it, and compiles anew where it is another's
 */
function compileBundle(code, scriptName, cache = {}) {
  return compileFunction(code, PARAMETERS, {
    ...cache,
    filename: scriptName,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

module.exports = { compileBundle };
