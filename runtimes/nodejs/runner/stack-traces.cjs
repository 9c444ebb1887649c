// @ts-check
"use strict";

const { readFileSync } = require("node:fs");

/**
 * Makes stack traces name the user's own files and lines. The source map is read only once somebody looks at a
 * stack: Node's own `--enable-source-maps` would parse it at every start.
 *
 * @param {{ path: string, scriptName: string, mapPath: string, sourceRoot: string }} bundle
 */
function installStackTraces({ path, scriptName, mapPath, sourceRoot }) {
  /** @type {import("node:module").SourceMap | null | undefined} */
  let map;
  const loadMap = () => {
    if (map !== undefined) return map;
    map = null;
    try {
      const { SourceMap } = require("node:module");
      map = new SourceMap(JSON.parse(readFileSync(mapPath, "utf8")));
    } catch {
      // Without a map the bundle's own lines are better than none.
    }
    return map;
  };

  /** @param {NodeJS.CallSite} frame */
  const describe = (frame) => {
    const text = String(frame);
    const line = frame.getLineNumber();
    const column = frame.getColumnNumber();
    const file = frame.getFileName();
    const isBundle = file === scriptName || file === `file://${path}`;
    if (!isBundle || line === null || column === null) return text;
    const entry = /** @type {Partial<import("node:module").SourceMapping>} */ (
      loadMap()?.findEntry(line - 1, column - 1) ?? {}
    );
    if (entry.originalSource === undefined) return text;
    const place = `${sourceRoot}/${entry.originalSource}:${(entry.originalLine ?? 0) + 1}:${(entry.originalColumn ?? 0) + 1}`;
    return text.replace(`${file}:${line}:${column}`, place);
  };

  Error.prepareStackTrace = (error, frames) => {
    const own = frames.filter((frame) => !isRunners(frame));
    while (isNodes(own.at(-1))) own.pop();
    return [headOf(error), ...own.map((frame) => `    at ${describe(frame)}`)].join("\n");
  };
}

/** @param {NodeJS.CallSite} frame */
function isRunners(frame) {
  return frame.getFileName()?.startsWith(__dirname) === true;
}

/** @param {NodeJS.CallSite | undefined} frame */
function isNodes(frame) {
  return frame?.getFileName()?.startsWith("node:") === true;
}

/** @param {unknown} error */
function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

module.exports = { installStackTraces };
