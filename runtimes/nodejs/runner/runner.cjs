// @ts-check
"use strict";

/*
 * What Node runs in a sandbox that boots: one invocation, then never again. All that a call may not need is loaded
 * when it is needed, since this file's own loading is paid by every call.
 */

const { nowUs } = require("./channel.cjs");
const { installRunner, runInvocation } = require("./run-invocation.cjs");

const bootedUs = nowUs();
installRunner();
runInvocation(bootedUs);
