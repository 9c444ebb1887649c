"use strict";

// A function whose module scope takes 300 ms, as large dependencies do: what `snapshot: true` is for.
const until = process.hrtime.bigint() + 300_000_000n;
let spins = 0;
while (process.hrtime.bigint() < until) spins++;

module.exports = (event) => ({ doubled: event.n * (spins > 0 ? 2 : 0) });
