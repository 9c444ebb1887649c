// @ts-check
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment, PINNED_NODE } from "./child-environment.js";
import { makeArguments } from "./native-parts.js";
import { CommandFailed, runCommand, runInTerminal } from "./run-command.js";
import { readTap } from "./tally.js";
import { TALLY_FILE_VARIABLE } from "./tally-reporter.js";

/** @typedef {import("./tally.js").Tally} Tally */

/** The only native part with tests of its own; those of runtimes/ are reached through Node. */
const NATIVE_TESTS = "sandbox-addon";
const REPORTER = fileURLToPath(new URL("./tally-reporter.js", import.meta.url));

/** The C++ core's own tests, without Node: `make test` prints TAP. @returns {Promise<Tally>} */
export async function runNativeTests() {
  /** @type {string[]} */
  const lines = [];
  let status = 0;
  const onLine = (/** @type {string} */ line) => {
    lines.push(line);
    process.stdout.write(`${line}\n`);
  };
  try {
    await runCommand("make", [...makeArguments(NATIVE_TESTS), "test"], { onLine });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    status = 1;
  }
  return readTap(lines, status);
}

/**
 * @param {"unit" | "machine"} project of vitest.config.ts @param {readonly string[]} filters parts of file names
 * @returns {Promise<Tally>}
 */
export function runVitest(project, filters) {
  const vitest = ["node_modules/.bin/vitest", "run", `--project=${project}`, "--passWithNoTests"];
  return tallied([...vitest, "--reporter=default", `--reporter=${REPORTER}`, ...filters]);
}

/**
 * The sandbox's suites once more, on a kernel with nothing but cgroup v2: a small virtual machine.
 *
 * @returns {Promise<Tally>}
 */
export async function runOnV2Machine() {
  const tally = await tallied(["test/v2-machine/run.ts"]);
  return { ...tally, skipped: tally.skipped.map((skip) => ({ ...skip, name: `v2: ${skip.name}` })) };
}

/** Runs a program of Node that writes its tally where it is told; one that wrote none has failed. @param {string[]} args @returns {Promise<Tally>} */
async function tallied(args) {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-tally-"));
  const file = join(folder, "tally.json");
  try {
    const status = await runInTerminal(PINNED_NODE, args, {
      ...childEnvironment(),
      [TALLY_FILE_VARIABLE]: file,
    });
    const tally = readTally(file);
    if (tally === null) return { passed: 0, failed: 1, skipped: [] };
    return status !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @returns {Tally | null} */
function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
