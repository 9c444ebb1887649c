// @ts-check
import { spawnSync } from "node:child_process";
import { mkdirSync, statfsSync } from "node:fs";
import { CONTROLLERS_NEEDED, cgroupHomes, tryCgroup } from "./cgroups.js";
import { childEnvironment, REPOSITORY } from "./child-environment.js";
import { tryPort } from "./ports.js";
import { Refusal } from "./refusal.js";
import { becomeRoot } from "./system-packages.js";

const OLDEST_NODE = 20;
/** Unpacked packages, the pinned Node twice among them, the native parts' objects, Redis's file. */
const DISK_NEEDED_BYTES = 1024 ** 3;

/** Anything that cannot work here is told before anything is installed or started. @param {boolean} runsFunctions */
export function checkHost(runsFunctions) {
  checkPlatform(process.platform, process.arch);
  checkHostNode(process.versions.node);
  checkDisk(REPOSITORY);
  if (runsFunctions) {
    checkUserNamespaces();
    checkCgroups(process.getuid?.() === 0, becomeRoot() !== null);
  }
}

/** @param {string} platform @param {string} arch */
export function checkPlatform(platform, arch) {
  if (platform !== "linux")
    throw new Refusal(
      `Mayfly needs Linux (namespaces and cgroups are its kernel's), and this is ${platform}. Use a virtual machine.`,
    );
  if (arch !== "x64" && arch !== "arm64")
    throw new Refusal(`Mayfly runs on x64 and arm64, and this is ${arch}: there is no pinned Node for it.`);
}

/** @param {string} version */
export function checkHostNode(version) {
  if (Number.parseInt(version, 10) < OLDEST_NODE)
    throw new Refusal(`Node ${version} is too old to set Mayfly up. Install Node ${OLDEST_NODE} or newer.`);
}

/** @param {string} folder @param {number} [neededBytes] */
export function checkDisk(folder, neededBytes = DISK_NEEDED_BYTES) {
  const { bavail, bsize } = statfsSync(folder);
  const mebibytes = (/** @type {number} */ bytes) => `${Math.floor(bytes / 1024 ** 2)} MiB`;
  if (bavail * bsize < neededBytes)
    throw new Refusal(
      `The disk of ${folder} has ${mebibytes(bavail * bsize)} left, and ${mebibytes(neededBytes)} are needed. Make room, or clone to another disk.`,
    );
}

/**
 * @param {string} folder where the private Redis and the worker will keep their files
 * @returns {string | undefined} the first folder that had to be made, if any
 */
export function checkDataFolder(folder) {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Refusal(
      `The data folder ${folder} cannot be made: ${/** @type {Error} */ (cause).message}. Name another with MAYFLY_DATA_DIR.`,
      { cause },
    );
  }
}

export function checkUserNamespaces(command = ["unshare", "--user", "true"]) {
  const { status, stderr } = spawnSync(command[0] ?? "", command.slice(1), {
    env: childEnvironment(),
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Refusal(
      `A user namespace could not be made (${(stderr ?? "").trim() || "unshare is missing: install util-linux"}). Allow them with: sysctl -w user.max_user_namespaces=15000, and where these exist: kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0. In a container, allow unshare(2) in its seccomp profile.`,
    );
}

/**
 * @param {boolean} isRoot @param {boolean} hasSudo where true, the worker is going to be started as root
 * @param {import("./cgroups.js").Home[]} [homes] @param {(home: import("./cgroups.js").Home) => string | null} [attempt]
 */
export function checkCgroups(isRoot, hasSudo, homes = cgroupHomes(), attempt = tryCgroup) {
  for (const controller of CONTROLLERS_NEEDED) {
    const home = homes.find((candidate) => candidate.controller === controller);
    if (home === undefined)
      throw new Refusal(
        `The cgroup controller "${controller}" is not available to this process. Mount cgroups in /sys/fs/cgroup; under systemd delegate it (Delegate=yes); in a container run with --cgroupns=private and /sys/fs/cgroup writable.`,
      );
    const refusal = attempt(home);
    if (refusal === "EROFS")
      throw new Refusal(
        `The cgroup hierarchy ${home.folder} is read-only. Make it writable: mount -o remount,rw ${home.folder}; in a container mount /sys/fs/cgroup writable.`,
      );
    if (refusal !== null && !isRoot && !hasSudo)
      throw new Refusal(
        `No cgroup can be made in ${home.folder} (${refusal}). Run as root, install sudo, or delegate a cgroup: systemd-run --user --scope --property=Delegate=yes npm start.`,
      );
    if (refusal !== null && isRoot)
      throw new Refusal(
        `No cgroup can be made in ${home.folder}, not even by root (${refusal}). In a container give it CAP_SYS_ADMIN and a writable /sys/fs/cgroup.`,
      );
  }
}

/**
 * @typedef {{ variable: string, host: string, port: number }} WantedPort
 * @param {readonly WantedPort[]} wanted
 */
export async function checkPorts(wanted) {
  for (const { variable, host, port } of wanted) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Refusal(`${variable} is no port: it takes a whole number from 0 to 65535.`);
    const refusal = port === 0 ? null : await tryPort(host, port);
    if (refusal === "EADDRINUSE")
      throw new Refusal(
        `Port ${port} of ${host} is in use. Name another with ${variable}, or see who has it with: ss -ltnp 'sport = :${port}'`,
      );
    if (refusal !== null)
      throw new Refusal(
        `Port ${port} of ${host} cannot be listened on (${refusal}). Name another address with ${variable} or MAYFLY_HOST.`,
      );
  }
}
