// @ts-check
"use strict";

const { closeSync, openSync } = require("node:fs");
const { FRAME, jsonFrame, parseInvoke, readAll, resultFrame, writeAll } = require("../runner/channel.cjs");
const { createContext } = require("../runner/context.cjs");
const { describeError } = require("../runner/errors.cjs");
const { findHandler } = require("../runner/handler.cjs");
const { loadBundle } = require("../runner/load.cjs");
const { toResult } = require("../runner/result.cjs");
const { installStackTraces } = require("../runner/stack-traces.cjs");

const BUNDLE = {
  path: `${__dirname}/rehearsal.cjs`,
  mapPath: `${__dirname}/none`,
  scriptName: "/function/index.ts",
  sourceRoot: "/function",
  format: /** @type {const} */ ("cjs"),
};
const HEADER = {
  facts: { invocationId: "", functionName: "", functionVersion: "", attempt: 1, memoryLimitBytes: 0 },
  http: null,
  job: { id: "", name: "", opts: {} },
  secrets: {},
  resultBytes: 0,
  deadlineUs: 0,
  abortUs: 0,
  bundle: BUNDLE,
};

/** Goes through a call as the runner does, to have all of its code compiled in every copy. It says nothing to anyone. */
async function rehearse() {
  const [, scriptName] = process.argv;
  const nowhere = openSync("/dev/null", "r+");
  for (let round = 0; round < 3; round++) await rehearseOnce(nowhere);
  closeSync(nowhere);
  process.argv[1] = /** @type {string} */ (scriptName);
}

/** @param {number} nowhere */
async function rehearseOnce(nowhere) {
  readAll(nowhere, Buffer.alloc(1));
  const { header, event, rawBody } = parseInvoke(invokePayload());
  Object.assign(process.env, header.secrets);
  installStackTraces(header.bundle);
  const call = findHandler(await loadBundle(header.bundle));
  const context = createContext({ header, rawBody, waitUntil: () => {} });
  writeAll(nowhere, jsonFrame(FRAME.called, {}));
  const returned = await call({ event: () => JSON.parse(event.toString("utf8")), context, http: null });
  const { json } = await toResult(returned);
  writeAll(nowhere, resultFrame(json, { isHttpResponse: false, pending: false }));
  describeError(new Error("none"));
}

/** As the worker writes it. */
function invokePayload() {
  const parts = [Buffer.from(JSON.stringify(HEADER)), Buffer.from('{"a":1}')];
  return Buffer.concat(parts.flatMap((part) => [u32(part.length), part]));
}

/** @param {number} value */
function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

module.exports = { rehearse };
