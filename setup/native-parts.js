// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./child-environment.js";
import { runCommand } from "./run-command.js";

/** Folders with a Makefile of their own; make itself knows what is older than its sources. */
export const NATIVE_PARTS = ["sandbox-addon", "runtimes/nodejs", "runtimes/python3"].filter((folder) =>
  existsSync(join(REPOSITORY, folder, "Makefile")),
);

/** @param {import("./progress.js").Say} say */
export async function buildNativeParts(say) {
  const built = [];
  for (const folder of NATIVE_PARTS) {
    if (await isUpToDate(folder)) continue;
    say(`compiling ${folder}`);
    await runCommand("make", [...makeArguments(folder), "-j2"], { onLine: say });
    built.push(folder);
  }
  return built.length === 0 ? "up to date" : `built ${built.join(", ")}`;
}

/** @param {string} folder */
export const makeArguments = (folder) => ["--no-print-directory", "-C", folder];

/** `make -q` ends with 1 where something is to be done. @param {string} folder */
async function isUpToDate(folder) {
  return runCommand("make", [...makeArguments(folder), "-q"]).then(
    () => true,
    () => false,
  );
}
