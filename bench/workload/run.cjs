"use strict";

const { readFileSync, writeSync } = require("node:fs");
const handler = require("./hello.cjs");

// A peer's whole program, as lean as it can be: loading node's streams would count against the peer.
writeSync(1, `${JSON.stringify(handler(JSON.parse(readFileSync(0, "utf8"))))}\n`);
