// @ts-check
"use strict";

const { Module } = require("node:module");

/**
 * Node keeps the number of its process as a plain value.
 *
 * @param {number} number
 */
function takeOnNumber(number) {
  if (process.pid === number) return;
  const property = Object.getOwnPropertyDescriptor(process, "pid");
  Object.defineProperty(process, "pid", { ...property, value: number });
}

/**
 * What a boot takes from environment and directory, and keeps.
 *
 * @param {NodeJS.ProcessEnv} before of the zygote
 */
function takeOnCall(before) {
  // It forgets the directory that Node has cached.
  process.chdir(".");
  const { TZ, HOME } = process.env;
  // An assignment resets V8's cache of the zone; nothing else does.
  if (TZ !== before["TZ"]) process.env["TZ"] = TZ ?? "";
  // @ts-expect-error: Node's own, from which `require` has its global folders.
  if (HOME !== before["HOME"]) Module._initPaths();
}

module.exports = { takeOnNumber, takeOnCall };
