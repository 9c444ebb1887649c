// @ts-check
"use strict";

/*
 * What is drawn ahead and kept would be drawn by each copy again. V8 seeds Math.random once for a context and never again,
 * so a snapshot's is one that can be told to begin anew; Node keeps a supply for UUIDs and whole numbers.
 */

// Taken now: what a function puts in their place is not called.
const { randomFillSync, randomInt, randomUUID } = require("node:crypto");

const SUPPLY = 64;
/** As many as Node keeps: lib/internal/crypto/random.js. */
const KEPT_UUIDS = 128;
const KEPT_INTEGERS = 1024;

const words = new Uint32Array(2 * SUPPLY);
let left = 0;

/** Before the function's code can take hold of the engine's own. */
function replaceMathRandom() {
  const own = {
    random() {
      if (left === 0) {
        randomFillSync(words);
        left = SUPPLY;
      }
      left--;
      const high = /** @type {number} */ (words[2 * left]) >>> 5;
      const low = /** @type {number} */ (words[2 * left + 1]) >>> 6;
      return (high * 2 ** 26 + low) / 2 ** 53;
    },
  };
  Object.defineProperty(Math, "random", {
    value: own.random,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

/** In a copy, whose generators have been seeded: what was kept from before is used up. */
function forgetSupplies() {
  left = 0;
  for (let i = 0; i < KEPT_UUIDS; i++) randomUUID();
  for (let i = 0; i < KEPT_INTEGERS; i++) randomInt(2);
}

module.exports = { replaceMathRandom, forgetSupplies };
