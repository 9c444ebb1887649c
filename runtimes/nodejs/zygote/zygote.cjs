// @ts-check
"use strict";

/*
 * What a zygote runs: it loads what calls commonly need, then serves forks for good. Each copy of the process goes on
 * behind `serve()`, in a sandbox of its own, and is from there what `runner.cjs` is after a boot.
 */

const { nowUs } = require("../runner/channel.cjs");
const { installRunner, runInvocation } = require("../runner/run-invocation.cjs");
const { takeOnCall, takeOnNumber } = require("./identity.cjs");
const { preload, warmUp } = require("./preload.cjs");
const { becomeSnapshot } = require("./snapshot.cjs");
const { rehearse, rehearseInCopy } = require("./rehearse.cjs");

/** @type {{ exports: any }} */
const addon = { exports: {} };
process.dlopen(addon, `${__dirname}/zygote.node`);
const { prepare, finishMicrotasks, serve, isHurried, awaitCall, isSnapshot } = addon.exports;

/** Why this process cannot be copied: whoever started it reads that, and boots instead. @param {unknown} reason */
function refuse(reason) {
  process._rawDebug(`This process cannot serve as a zygote: ${reason}`);
  process.reallyExit(1);
}

/** Of every copy in its sandbox: what is already right need not be changed in each. */
const COPY_NUMBER = 2;

const zygoteEnvironment = { ...process.env };
try {
  prepare(performance.timeOrigin);
  // Before what looks at the standard streams as it loads: it would open sockets on the zygote's own.
  installRunner();
  preload();
  warmUp();
  // Promises are seen through here and now. All of this is one script, so that a copy then finds its event loop as a
  // boot does: not yet started.
  rehearse(finishMicrotasks);
  takeOnCall(zygoteEnvironment);
  takeOnNumber(COPY_NUMBER);
  takeOnNumber(serve(zygoteEnvironment["MAYFLY_HUGE_PAGES"] === "1"));
  if (zygoteEnvironment["MAYFLY_REHEARSE_COPIES"] === "1" && !isHurried()) rehearseInCopy(finishMicrotasks);
} catch (error) {
  refuse(error);
}
if (isSnapshot()) becomeSnapshot(addon.exports, zygoteEnvironment);
awaitCall();
takeOnCall(zygoteEnvironment);
runInvocation(nowUs());
