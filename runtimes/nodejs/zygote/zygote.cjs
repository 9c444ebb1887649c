// @ts-check
"use strict";

/*
 * What a zygote runs: it loads what calls commonly need, then serves forks for good. Each copy of the process goes on
 * behind `serve()`, in a sandbox of its own, and is from there what `runner.cjs` is after a boot.
 */

const { nowUs } = require("../runner/channel.cjs");
const { installRunner, runInvocation } = require("../runner/run-invocation.cjs");
const { takeOnCall, takeOnNumber } = require("./identity.cjs");
const { preload } = require("./preload.cjs");

/** @type {{ exports: any }} */
const addon = { exports: {} };
process.dlopen(addon, `${__dirname}/zygote.node`);
const { prepare, serve, awaitCall } = addon.exports;

prepare(performance.timeOrigin);
preload();
const zygoteEnvironment = { ...process.env };
takeOnNumber(serve(process.env["MAYFLY_HUGE_PAGES"] === "1"));
installRunner();
awaitCall();
takeOnCall(zygoteEnvironment);
void runInvocation(nowUs());
