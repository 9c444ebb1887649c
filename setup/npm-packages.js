// @ts-check
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { hostPath, PINNED_NODE, REPOSITORY } from "./child-environment.js";
import { Refusal } from "./refusal.js";
import { runCommand } from "./run-command.js";

/** @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} LockedPackage */
/** @typedef {Record<string, LockedPackage>} LockedPackages */

/**
 * Runs `npm ci` where node_modules is not what the lock file says.
 *
 * @param {import("./progress.js").Say} say
 */
export async function installNpmPackages(say) {
  const wanted = lockedPackages(join(REPOSITORY, "package-lock.json"));
  if (wanted === null)
    throw new Refusal(
      "package-lock.json is missing or damaged. Restore it with: git checkout package-lock.json",
    );
  const present = lockedPackages(join(REPOSITORY, "node_modules", ".package-lock.json"));
  const onDisk = (/** @type {string} */ path) => existsSync(join(REPOSITORY, path));
  if (present !== null && matches(wanted, present, onDisk)) return "as the lock file says";
  say("npm ci");
  await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], say);
  return `installed ${Object.keys(wanted).length}`;
}

/** Fails where the pinned Node is not there or cannot run. @returns {Promise<string>} its version */
export async function checkPinnedNode() {
  try {
    return (await runCommand(PINNED_NODE, ["--version"])).trim();
  } catch (cause) {
    throw new Refusal(
      "The pinned Node (node_modules/.bin/node) does not run here: it needs Linux on x64 or arm64 with glibc. If node_modules was copied from another machine, remove it and start again.",
      { cause },
    );
  }
}

/**
 * True where every package stands in node_modules at its locked version. One that is optional may be absent: it is
 * for another system.
 *
 * @param {LockedPackages} wanted @param {LockedPackages} present @param {(path: string) => boolean} onDisk
 */
export function matches(wanted, present, onDisk) {
  for (const [path, { version, integrity, link, optional }] of Object.entries(wanted)) {
    if (!path.includes("node_modules/")) continue;
    const installed = present[path];
    if (installed === undefined && optional) continue;
    if (installed === undefined || !onDisk(path)) return false;
    if (!link && (installed.version !== version || installed.integrity !== integrity)) return false;
  }
  return Object.keys(present).every((path) => path in wanted) && onDisk("node_modules/.bin/node");
}

/** @param {string} path @returns {LockedPackages | null} */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? null;
  } catch {
    return null;
  }
}

/**
 * Installs what a folder's own package.json names, and what nothing depends on: a machine that cannot have it does
 * without.
 *
 * @param {string} folder relative to the repository
 * @param {import("./progress.js").Say} say
 */
export async function installDispensable(folder, say) {
  const home = join(REPOSITORY, folder);
  const wanted = lockedPackages(join(home, "package-lock.json"));
  const present = lockedPackages(join(home, "node_modules", ".package-lock.json"));
  const known = Object.entries(wanted ?? {});
  const isThere = known.some(([path, { version }]) => path !== "" && present?.[path]?.version === version);
  if (isThere) return "as the lock file says";
  try {
    await runNpm(
      ["ci", "--prefix", home, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      say,
    );
    return `installed ${folder}`;
  } catch (error) {
    return `done without: ${/** @type {Error} */ (error).message.split("\n", 1)[0]}`;
  }
}

/** @param {string[]} args @param {import("./progress.js").Say} say */
async function npm(args, say) {
  try {
    await runNpm(args, say);
  } catch (cause) {
    // What a broken install leaves would look complete the next time.
    rmSync(join(REPOSITORY, "node_modules", ".package-lock.json"), { force: true });
    throw cause;
  }
}

/** @param {string[]} args @param {import("./progress.js").Say} say */
async function runNpm(args, say) {
  // The same npm that runs this script; NODE_EXTRA_CA_CERTS stays, a proxy between here and the registry may need it.
  const env = { ...process.env, PATH: hostPath().join(delimiter) };
  const { npm_execpath: script } = process.env;
  const [command, ...first] = script === undefined ? ["npm"] : [hostNode(), script];
  await runCommand(command ?? "npm", [...first, ...args], { env, onLine: say });
}

function hostNode() {
  const { npm_node_execpath: node = "node" } = process.env;
  return node.startsWith(join(REPOSITORY, "node_modules")) ? "node" : node;
}
