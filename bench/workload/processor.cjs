"use strict";

const handler = require("./hello.cjs");

/** BullMQ's sandboxed processor: a child process that is kept and used again. */
module.exports = async (job) => handler(job.data);
