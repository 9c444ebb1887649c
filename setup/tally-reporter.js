// @ts-check
import { writeFileSync } from "node:fs";
import { nothing } from "./tally.js";

/** Where the tally is written; the variable is the only way in for a reporter that vitest loads by its path. */
export const TALLY_FILE_VARIABLE = "MAYFLY_TALLY_FILE";

/** A vitest reporter that writes what a run came to, the reasons of skips included, as JSON. */
export default class TallyReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const tally = nothing();
    tally.failed += unhandledErrors.length;
    for (const module of modules) {
      // A file or a suite whose own hook failed has failed, whatever its tests say.
      tally.failed += module.errors().length;
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) count(tally, test);
    }
    const file = process.env[TALLY_FILE_VARIABLE];
    if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
  }
}

/** @param {import("./tally.js").Tally} tally @param {import("vitest/node").TestCase} test */
function count(tally, test) {
  const { state, ...result } = test.result();
  if (state === "passed") tally.passed++;
  else if (state === "skipped") {
    const reason = "note" in result ? (result.note ?? "") : "";
    tally.skipped.push({ name: `${test.module.relativeModuleId} > ${test.fullName}`, reason });
  } else tally.failed++;
}
