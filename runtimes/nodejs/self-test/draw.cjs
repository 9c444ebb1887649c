// @ts-check
"use strict";

const crypto = require("node:crypto");
const { runInNewContext } = require("node:vm");

/** One value of each source of randomness: two copies of one zygote that draw the same were not seeded anew. */
function draw() {
  return {
    random: String(Math.random()),
    randomInContext: String(runInNewContext("Math.random()")),
    randomUuid: crypto.randomUUID(),
    randomBytes: crypto.randomBytes(16).toString("hex"),
    randomInt: String(crypto.randomInt(2 ** 48 - 1)),
    webCrypto: Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(16))).toString("hex"),
    key: crypto.generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x,
  };
}

module.exports = { draw };
