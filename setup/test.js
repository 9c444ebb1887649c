// @ts-check
// npm test: makes this machine ready for the tests, too, and runs every suite. Arguments narrow the vitest files.
import { judgeSkips } from "./allowed-skips.js";
import { bootstrap, runScript } from "./bootstrap.js";
import { runNativeTests, runOnV2Machine, runVitest } from "./suites.js";
import { sum, tallyLine } from "./tally.js";

const filters = process.argv.slice(2);

/** @typedef {readonly [name: string, run: () => Promise<import("./tally.js").Tally>]} Suite */

/** @type {readonly Suite[]} */
const VITEST = [
  ["unit tests", () => runVitest("unit", filters)],
  ["machine tests", () => runVitest("machine", filters)],
];

/** @type {readonly Suite[]} */
const SUITES =
  filters.length > 0
    ? VITEST
    : [["native tests", runNativeTests], ...VITEST, ["tests on cgroup v2", runOnV2Machine]];

await runScript(async () => {
  await bootstrap("test");
  const tallies = [];
  for (const [name, run] of SUITES) {
    process.stdout.write(`\n── ${name}\n`);
    const startedAt = performance.now();
    const tally = await run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    process.stdout.write(`── ${name}: ${tallyLine(tally)}, in ${seconds} s\n`);
    tallies.push(tally);
  }
  const total = sum(tallies);
  const { allowed, refused } = judgeSkips(total.skipped);
  for (const { name, because } of allowed)
    process.stdout.write(`skipped, which is allowed: ${name} (${because})\n`);
  for (const { name, reason } of refused)
    process.stdout.write(`skipped, but must run here: ${name}${reason === "" ? "" : ` (${reason})`}\n`);
  total.failed += refused.length;
  total.skipped = allowed;
  const isGood = total.failed === 0 && total.passed > 0;
  process.stdout.write(`\n${tallyLine(total)}\n`);
  return isGood ? 0 : 1;
});
