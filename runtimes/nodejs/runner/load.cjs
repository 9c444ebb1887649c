// @ts-check
"use strict";

const { readFileSync } = require("node:fs");
const { createRequire, Module } = require("node:module");
const { dirname } = require("node:path");
const { compileBundle } = require("./compile-bundle.cjs");

/** What a snapshot has loaded for its copies. @type {{ path: string, exports: any } | null} */
let loaded = null;

/** As `loadBundle`, for good. @param {Parameters<typeof loadBundle>[0]} bundle @returns {any} */
function loadForCopies(bundle) {
  const exports = loadBundle(bundle);
  loaded = { path: bundle.path, exports };
  return exports;
}

/**
 * Loads the bundle under the name of the function's entry, so that `__dirname` and `import.meta` are what the user
 * who wrote the entry expects.
 *
 * @param {{ path: string, cachePath?: string, scriptName: string, format: "cjs" | "esm" }} bundle
 * @returns {any} its exports, or a promise of them
 */
function loadBundle({ path, cachePath, scriptName, format }) {
  if (loaded?.path === path) return loaded.exports;
  // The bundler has put this name in the place of `import.meta`, which a CommonJS bundle cannot have.
  Object.defineProperty(globalThis, "__mayfly_import_meta", {
    configurable: true,
    get: () => importMeta(scriptName),
  });
  process.argv[1] = scriptName;
  if (format === "esm") return import(path);
  const directory = dirname(scriptName);
  const module = new Module(scriptName);
  module.filename = scriptName;
  // @ts-expect-error: Node's own loader calls it, and so has every transpiling hook for a decade.
  module.paths = Module._nodeModulePaths(directory);
  const run = compileBundle(readFileSync(path, "utf8"), scriptName, { cachedData: readCache(cachePath) });
  run.call(module.exports, module.exports, createRequire(scriptName), module, scriptName, directory);
  return module.exports;
}

/** Without a cache, loading takes longer and nothing else changes. @param {string | undefined} path */
function readCache(path) {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
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

module.exports = { loadBundle, loadForCopies };
