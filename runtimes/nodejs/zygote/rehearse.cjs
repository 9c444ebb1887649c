// @ts-check
"use strict";

const { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { nowUs, useControl } = require("../runner/channel.cjs");
const { compileBundle } = require("../runner/compile-bundle.cjs");
const { handle, runInvocation } = require("../runner/run-invocation.cjs");

/** As often as V8 wants to see a function before it keeps what it learns of it. */
const ROUNDS = 4;
const PATH = `${tmpdir()}/rehearsal`;
const CACHE_PATH = `${PATH}.cache`;
const EVENT = '{"a":1}';

const HTTP = {
  method: "POST",
  path: "/a",
  query: "b=1",
  headers: [["content-type", "application/json"]],
  origin: "http://localhost",
  rawBodyIsEvent: true,
};

/**
 * Goes through calls as the runner does, from the frame to the end, so that every copy has all of it compiled.
 *
 * @param {() => void} finishMicrotasks
 * @throws where a call has not come to its end: the rest of it would be left to every copy
 */
function rehearse(finishMicrotasks) {
  for (const [bundle, http] of [
    /** @type {const} */ (["call", null]),
    /** @type {const} */ (["fetch", HTTP]),
  ]) {
    const header = headerOf(bundle, http);
    const ends = countEnds(() => {
      for (let round = 0; round < ROUNDS; round++) rehearseOnce(header, finishMicrotasks);
    });
    if (ends !== ROUNDS) throw new Error(`the rehearsal "${bundle}" does not come to its end`);
  }
  rehearseInCopy(finishMicrotasks);
}

/**
 * In a copy, while nobody waits for it: the memory that a call writes to is then its own already.
 *
 * @param {() => void} finishMicrotasks
 */
function rehearseInCopy(finishMicrotasks) {
  countEnds(() => {
    const nowhere = openSync("/dev/null", "r+");
    const control = useControl(nowhere);
    const invoke = { header: headerOf("call", null), event: Buffer.from(EVENT), rawBody: Buffer.alloc(0) };
    void handle(invoke, nowUs());
    finishMicrotasks();
    useControl(control);
    closeSync(nowhere);
  });
}

/** How often a process would have ended during this. @param {() => void} during */
function countEnds(during) {
  const { argv, reallyExit } = /** @type {NodeJS.Process & { reallyExit: unknown }} */ (process);
  const [, scriptName] = argv;
  let ends = 0;
  Object.assign(process, { reallyExit: () => ends++ });
  during();
  Object.assign(process, { reallyExit });
  argv[1] = /** @type {string} */ (scriptName);
  return ends;
}

/** @param {string} bundle @param {unknown} http */
function headerOf(bundle, http) {
  const path = `${__dirname}/rehearsal-${bundle}.cjs`;
  const scriptName = "/function/index.ts";
  return {
    facts: { invocationId: "", functionName: "", functionVersion: "", attempt: 1, memoryLimitBytes: 0 },
    http,
    job: null,
    secrets: {},
    resultBytes: 1024,
    deadlineUs: 0,
    abortUs: 0,
    bundle: { path, cachePath: CACHE_PATH, mapPath: "", scriptName, sourceRoot: "/function", format: "cjs" },
  };
}

/**
 * In the place of the worker is a file: what is read from it is the frame, and what is written goes behind.
 *
 * @param {ReturnType<typeof headerOf>} header @param {() => void} finishMicrotasks
 */
function rehearseOnce(header, finishMicrotasks) {
  const { path, scriptName } = header.bundle;
  const { cachedData = "" } = compileBundle(readFileSync(path, "utf8"), scriptName, {
    produceCachedData: true,
  });
  writeFileSync(CACHE_PATH, cachedData);
  const file = openSync(PATH, "w+");
  writeSync(file, invokeFrame(header), 0, null, 0);
  const control = useControl(file);
  runInvocation(nowUs());
  finishMicrotasks();
  useControl(control);
  closeSync(file);
  unlinkSync(PATH);
  unlinkSync(CACHE_PATH);
}

/** As the worker writes it. @param {ReturnType<typeof headerOf>} header */
function invokeFrame(header) {
  const parts = [Buffer.from(JSON.stringify(header)), Buffer.from(EVENT)];
  const payload = Buffer.concat(parts.flatMap((part) => [u32(part.length), part]));
  return Buffer.concat([u32(payload.length), Buffer.from([1]), payload]);
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

module.exports = { rehearse, rehearseInCopy };
