"use strict";

const { readFileSync } = require("node:fs");
const handler = require("./handler.cjs");

// A peer's whole program: the event on stdin, the result as one line on stdout.
process.stdout.write(`${JSON.stringify(handler(JSON.parse(readFileSync(0, "utf8"))))}\n`);
