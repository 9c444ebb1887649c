// @ts-check
"use strict";

const { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { nowUs, useControl } = require("../runner/channel.cjs");
const { compileBundle } = require("../runner/compile-bundle.cjs");
const { runInvocation } = require("../runner/run-invocation.cjs");

/** As often as V8 wants to see a function before it keeps what it learns of it. */
const ROUNDS = 4;

const PATH = `${tmpdir()}/rehearsal`;
const CACHE_PATH = `${PATH}.cache`;

const HEADER = {
  facts: { invocationId: "", functionName: "", functionVersion: "", attempt: 1, memoryLimitBytes: 0 },
  http: null,
  job: { id: "", name: "", opts: {} },
  secrets: {},
  resultBytes: 1024,
  deadlineUs: 0,
  abortUs: 0,
  bundle: {
    path: `${__dirname}/rehearsal.cjs`,
    mapPath: `${__dirname}/none`,
    cachePath: CACHE_PATH,
    scriptName: "/function/index.ts",
    sourceRoot: "/function",
    format: "cjs",
  },
};

/**
 * Goes through a call as the runner does, from its frame to its end, so that every copy has all of it compiled. In the
 * place of the worker is a file: what is read from it is the frame, and what is written goes behind.
 *
 * @param {() => void} finishMicrotasks
 */
function rehearse(finishMicrotasks) {
  const { path: bundlePath, scriptName: name } = HEADER.bundle;
  const { cachedData = "" } = compileBundle(readFileSync(bundlePath, "utf8"), name, {
    produceCachedData: true,
  });
  writeFileSync(CACHE_PATH, cachedData);
  const { argv, reallyExit } = /** @type {NodeJS.Process & { reallyExit: unknown }} */ (process);
  const [, scriptName] = argv;
  Object.assign(process, { reallyExit() {} });
  for (let round = 0; round < ROUNDS; round++) {
    const file = openSync(PATH, "w+");
    writeSync(file, invokeFrame(), 0, null, 0);
    const control = useControl(file);
    void runInvocation(nowUs());
    finishMicrotasks();
    useControl(control);
    closeSync(file);
  }
  unlinkSync(PATH);
  unlinkSync(CACHE_PATH);
  Object.assign(process, { reallyExit });
  argv[1] = /** @type {string} */ (scriptName);
}

/** As the worker writes it. */
function invokeFrame() {
  const parts = [Buffer.from(JSON.stringify(HEADER)), Buffer.from('{"a":1}')];
  const payload = Buffer.concat(parts.flatMap((part) => [u32(part.length), part]));
  return Buffer.concat([u32(payload.length), Buffer.from([1]), payload]);
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

module.exports = { rehearse };
