// @ts-check
// npm run check: everything that can be told without running it. The first fault of one does not hide the others.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrap, runScript } from "./bootstrap.js";
import { PINNED_NODE, REPOSITORY } from "./child-environment.js";
import { makeArguments } from "./native-parts.js";
import { createSteps } from "./progress.js";
import { runCommand } from "./run-command.js";

/** @type {readonly (readonly [name: string, check: (say: import("./progress.js").Say) => Promise<string>])[]} */
const CHECKS = [
  ["types", () => node("node_modules/.bin/tsc", "-p", ".")],
  ["lint and format", () => node("node_modules/.bin/biome", "ci", "--colors=off", "--max-diagnostics=100")],
  ["lock file", checkLockFile],
  ["C++", checkNative],
];

await runScript(async () => {
  const step = createSteps();
  await bootstrap("check", { step });
  const faults = [];
  for (const [name, check] of CHECKS) {
    try {
      await step(name, check);
    } catch (error) {
      faults.push(`${name}: ${/** @type {Error} */ (error).message}`);
    }
  }
  process.stdout.write(faults.length === 0 ? "\nAll checks passed.\n" : `\n${faults.join("\n\n")}\n`);
  return faults.length === 0 ? 0 : 1;
});

/** @param {string} script @param {string[]} args */
async function node(script, ...args) {
  await runCommand(PINNED_NODE, [join(REPOSITORY, script), ...args]);
  return "no fault";
}

/** A lock file that names a host installs from there and nowhere else, whatever registry a machine is set to. */
async function checkLockFile() {
  const lines = readFileSync(join(REPOSITORY, "package-lock.json"), "utf8").split("\n");
  const named = lines.findIndex((line) => /"resolved": "https?:/.test(line));
  if (named >= 0)
    throw new Error(
      `line ${named + 1} of package-lock.json names a host. .npmrc says how to leave it out; run npm install with it.`,
    );
  return "names no host";
}

/** @param {import("./progress.js").Say} say */
async function checkNative(say) {
  if (!existsSync(join(REPOSITORY, "sandbox-addon/Makefile"))) return "none";
  say("clang-tidy");
  await runCommand("make", [...makeArguments("sandbox-addon"), "--keep-going", "-j2", "tidy"], {
    onLine: say,
  });
  return "no fault";
}
