// @ts-check
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment, hostPath } from "./child-environment.js";
import { NEEDS } from "./needs.js";
import { Refusal } from "./refusal.js";
import { runCommand } from "./run-command.js";

/** @typedef {import("./needs.js").Evidence} Evidence */
/** @typedef {import("./needs.js").Purpose} Purpose */
/** @typedef {"apt" | "dnf" | "apk" | "pacman"} PackageManager */
/** @type {Record<PackageManager, { program: string, install: string }>} */
const MANAGERS = {
  apt: { program: "apt-get", install: "apt-get install --yes --no-install-recommends" },
  dnf: { program: "dnf", install: "dnf install -y" },
  apk: { program: "apk", install: "apk add" },
  pacman: { program: "pacman", install: "pacman -S --needed --noconfirm" },
};

/**
 * Nothing that a package brings along is started. Debian's redis-server starts a service of its own otherwise, which
 * is neither needed nor ours: invoke-rc.d(8) heeds RUNLEVEL, systemctl(1) SYSTEMD_OFFLINE.
 */
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1", SYSTEMD_OFFLINE: "1" };

/**
 * @param {Purpose} purpose
 * @param {(evidence: Evidence) => boolean} [isThere]
 */
export function missingFor(purpose, isThere = seen) {
  return NEEDS[purpose].filter(({ evidence }) => !isThere(evidence));
}

/**
 * Installs what is missing, where that can be done without a question.
 *
 * @param {Purpose} purpose
 * @param {import("./progress.js").Say} say
 * @throws {Refusal} with the exact command where it has to be run by hand
 */
export async function installSystemPackages(purpose, say) {
  const missing = missingFor(purpose);
  if (missing.length === 0) return "all there";
  const manager = packageManager();
  const names = [...new Set(missing.map((need) => need[manager]))];
  const command = `${MANAGERS[manager].install} ${names.join(" ")}`;
  const asRoot = becomeRoot();
  if (manager !== "apt" || asRoot === null) throw new Refusal(byHand(names, command));
  say(`installing ${names.join(" ")}`);
  await apt(asRoot, command.split(" ").slice(1), say);
  const still = missingFor(purpose).map((need) => need[manager]);
  if (still.length > 0)
    throw new Refusal(
      `${still.join(", ")} was installed, but what it should bring is not on the path ${process.env["PATH"]}.`,
    );
  return `installed ${names.join(" ")}`;
}

/** @param {string[]} names @param {string} command */
export function byHand(names, command) {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"} missing. Install with: ${sudo}${command}`;
}

/** @returns {PackageManager} */
function packageManager() {
  for (const name of /** @type {PackageManager[]} */ (Object.keys(MANAGERS)))
    if (seen({ executable: MANAGERS[name].program })) return name;
  throw new Refusal(
    "This system has none of apt-get, dnf, apk and pacman. Install by hand: redis-server (6.2 or newer), g++, make, python3 and libseccomp with their headers, and setpriv.",
  );
}

/** The words before a command that has to be run as root; null where that cannot be had. @returns {string[] | null} */
export function becomeRoot() {
  if (process.getuid?.() === 0) return [];
  return seen({ executable: "sudo" }) ? ["sudo"] : null;
}

/** @param {string[]} asRoot @param {string[]} args @param {import("./progress.js").Say} say */
async function apt(asRoot, args, say) {
  const variables = Object.entries(APT_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const words = [...asRoot, "env", ...variables, "apt-get"];
  const aptGet = (/** @type {string[]} */ more) =>
    runCommand(words[0] ?? "env", [...words.slice(1), ...more], { env: childEnvironment(), onLine: say });
  try {
    await aptGet(args);
  } catch {
    // The lists may be absent or older than the archive: images are shipped without them.
    await aptGet(["update"]);
    await aptGet(args);
  }
}

/** @param {Evidence} evidence */
function seen(evidence) {
  if ("file" in evidence) return evidence.file.some((path) => existsSync(path));
  return [...hostPath(), "/usr/sbin", "/sbin"].some((folder) =>
    isExecutable(join(folder, evidence.executable)),
  );
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
