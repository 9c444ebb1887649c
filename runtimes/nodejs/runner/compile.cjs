// @ts-check
"use strict";

/*
 * Compiles a bundle ahead of its calls: `node compile.cjs <bundle> <entry>` writes V8's code cache of it to stdout. The
 * bundle is a stranger's, so this belongs in a sandbox, although nothing of it is run.
 */

const { readFileSync, writeSync } = require("node:fs");
const { compileBundle } = require("./compile-bundle.cjs");

const [path, scriptName] = /** @type {[string, string]} */ (process.argv.slice(2));
const { cachedData } = compileBundle(readFileSync(path, "utf8"), scriptName, { produceCachedData: true });
if (cachedData === undefined) throw new Error(`V8 made no code cache of ${path}`);
for (let written = 0; written < cachedData.length; ) written += writeSync(1, cachedData, written);
