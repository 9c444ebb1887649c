// @ts-check
import { buildNativeParts } from "./native-parts.js";
import { checkPinnedNode, installNpmPackages } from "./npm-packages.js";
import { checkHost } from "./preconditions.js";
import { createSteps } from "./progress.js";
import { checkRedisVersion } from "./redis-version.js";
import { Refusal } from "./refusal.js";
import { CommandFailed } from "./run-command.js";
import { installSystemPackages } from "./system-packages.js";

/**
 * Makes this machine ready, from nothing or from whatever is there; what is there already takes no time.
 *
 * @param {import("./needs.js").Purpose} purpose
 * @param {{ alsoCheck?: () => Promise<void>, step?: import("./progress.js").Step }} [options] `alsoCheck` runs before
 *   anything is installed
 */
export async function bootstrap(purpose, { alsoCheck = async () => {}, step = createSteps() } = {}) {
  const runsFunctions = purpose !== "check";
  await step("host", async () => {
    checkHost(runsFunctions);
    await alsoCheck();
    return `node ${process.versions.node} on ${process.platform} ${process.arch}`;
  });
  await step("system packages", (say) => installSystemPackages(purpose, say));
  if (runsFunctions) await step("redis", () => checkRedisVersion());
  await step("npm packages", (say) => installNpmPackages(say));
  await step("pinned node", () => checkPinnedNode());
  if (runsFunctions) await step("native parts", (say) => buildNativeParts(say));
}

/**
 * The whole of a script: its exit code is what `main` gives, and what cannot work is a sentence, not a stack.
 *
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = 1;
    const isExpected = error instanceof Refusal || error instanceof CommandFailed;
    process.stderr.write(`\n${isExpected ? error.message : /** @type {Error} */ (error).stack}\n`);
  }
}
