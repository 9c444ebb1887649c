// @ts-check
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Without these, the limits that every function has cannot be held. */
export const CONTROLLERS_NEEDED = ["memory", "pids", "cpu"];

/**
 * One controller, and the directory in which this process may make cgroups for it.
 *
 * @typedef {{ controller: string, folder: string }} Home
 */

/**
 * Where this process stands in each hierarchy, seen from its own mounts.
 *
 * @param {string} [mountinfo] text of /proc/self/mountinfo
 * @param {string} [membership] text of /proc/self/cgroup
 * @param {(folder: string) => string} [controllersOf] text of a v2 folder's cgroup.controllers
 * @returns {Home[]} controllers that are mounted nowhere are absent
 */
export function cgroupHomes(
  mountinfo = readFileSync("/proc/self/mountinfo", "utf8"),
  membership = readFileSync("/proc/self/cgroup", "utf8"),
  controllersOf = (folder) => readFileSync(join(folder, "cgroup.controllers"), "utf8"),
) {
  const mounts = mountinfo.split("\n").flatMap(parseMount);
  /** @type {Home[]} */
  const homes = [];
  for (const line of membership.split("\n").filter(Boolean)) {
    const [, names = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isV2 = names === "";
    const mount = mounts.find(({ type, options }) =>
      isV2
        ? type === "cgroup2"
        : type === "cgroup" && names.split(",").every((name) => options.includes(name)),
    );
    if (mount === undefined) continue;
    const folder = inside(mount, path);
    const controllers = isV2 ? controllersOf(folder).trim().split(" ").filter(Boolean) : names.split(",");
    for (const controller of controllers) homes.push({ controller, folder });
  }
  return homes;
}

/** @param {string} line */
function parseMount(line) {
  const [left = "", right] = line.split(" - ");
  if (right === undefined) return [];
  const [type = "", , options = ""] = right.split(" ");
  const [, , , root = "/", point = "/"] = left.split(" ");
  return [{ type, options: options.split(","), root, point }];
}

/** @param {{ root: string, point: string }} mount @param {string} path */
function inside({ root, point }, path) {
  const below = relative(root, path);
  // In a container without a cgroup namespace the path is the host's, and the mount shows its last part only.
  const folder = below.startsWith("..") ? point : join(point, below);
  return existsSync(folder) ? folder : point;
}

/**
 * Finds out by doing it: makes a cgroup and removes it.
 *
 * @param {Home} home @returns {string | null} the errno's name where it was refused
 */
export function tryCgroup({ folder }) {
  const probe = join(folder, `mayfly-setup-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return null;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code ?? String(error);
  }
}
