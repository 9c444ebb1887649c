// @ts-check
"use strict";

const { readFileSync } = require("node:fs");
const { Module } = require("node:module");
const { dirname } = require("node:path");

/**
 * Loads the bundle under the name of the function's entry, so that `__dirname` and `import.meta` are what the user
 * who wrote the entry expects.
 *
 * @param {{ path: string, scriptName: string, format: "cjs" | "esm" }} bundle
 * @returns {any} its exports, or a promise of them
 */
function loadBundle({ path, scriptName, format }) {
  // The bundler has put this name in the place of `import.meta`, which a CommonJS bundle cannot have.
  Object.defineProperty(globalThis, "__mayfly_import_meta", {
    configurable: true,
    get: () => importMeta(scriptName),
  });
  process.argv[1] = scriptName;
  if (format === "esm") return import(path);
  const module = new Module(scriptName);
  module.filename = scriptName;
  // @ts-expect-error: Node's own loader calls these two, and so has every transpiling hook for a decade.
  module.paths = Module._nodeModulePaths(dirname(scriptName));
  // @ts-expect-error
  module._compile(readFileSync(path, "utf8"), scriptName);
  return module.exports;
}

/** @param {string} filename */
function importMeta(filename) {
  const { pathToFileURL } = require("node:url");
  const url = pathToFileURL(filename).href;
  const meta = {
    url,
    filename,
    dirname: dirname(filename),
    /** @param {string} specifier */
    resolve: (specifier) => new URL(specifier, url).href,
  };
  Object.defineProperty(globalThis, "__mayfly_import_meta", { value: meta });
  return meta;
}

module.exports = { loadBundle };
