// @ts-check
"use strict";

const { receiveInvoke, resultFrame } = require("../runner/channel.cjs");
const { findHandler } = require("../runner/handler.cjs");
const { loadForCopies } = require("../runner/load.cjs");
const { fail } = require("../runner/run-invocation.cjs");
const { installStackTraces } = require("../runner/stack-traces.cjs");
const { takeOnCall, takeOnNumber } = require("./identity.cjs");
const { forgetSupplies, replaceMathRandom } = require("./snapshot-randomness.cjs");

class NotToBeCopied extends Error {
  /** @override */
  name = "NotToBeCopied";
}

/**
 * In a snapshot: loads its one function, and is copied from then on. What goes wrong is said to the worker as a call's
 * error is, and is the end.
 *
 * @param {any} addon
 * @param {NodeJS.ProcessEnv} zygoteEnvironment
 * @returns in a copy only, which goes on to its call
 */
function becomeSnapshot({ awaitCall, finishMicrotasks, serveCopies }, zygoteEnvironment) {
  awaitCall();
  takeOnCall(zygoteEnvironment);
  const invoke = receiveInvoke();
  if (invoke === null) return process.exit();
  const { bundle } = invoke.header;
  installStackTraces(bundle);
  replaceMathRandom();
  try {
    findHandler(loadForCopies(bundle));
    finishMicrotasks();
    refuseWhatIsAtWork();
    takeOnNumber(serveCopies(resultFrame("true", { isHttpResponse: false, pending: false })));
    forgetSupplies();
  } catch (error) {
    fail(error);
  }
}

/** A copy has none of what the kernel or another thread does for a process: a timer, a socket, a file that is being read. */
function refuseWhatIsAtWork() {
  const atWork = process.getActiveResourcesInfo();
  if (atWork.length === 0) return;
  const names = [...new Set(atWork)].join(", ");
  throw new NotToBeCopied(
    `Its module scope leaves something at work (${names}), which no copy of it would have. Start it in the handler, or leave out snapshot: true.`,
  );
}

module.exports = { becomeSnapshot };
