import { type CgroupMode, controllersFor, DEFAULT_LIMITS, ENFORCEMENT } from "@mayfly/contract";
import { SandboxError } from "./errors.ts";
import type { Missing, OpenedMessage } from "./messages.ts";
import { WALLS, type Wall } from "./types.ts";

/** The cgroup controllers behind a wall; a limit whose controller is missing cannot be enforced. */
const CONTROLLERS_OF: Readonly<Partial<Record<Wall, readonly string[]>>> = {
  memory: ["memory"],
  pids: ["pids"],
  cpu: ["cpu", "cpuacct"],
};

/** Limits that a controller holds which only some functions ask for. */
const OPTIONAL_CONTROLLER_OF: Readonly<Record<string, readonly string[]>> = {
  cpusetCpus: ["cpuset"],
  blkioWeight: ["io", "blkio"],
  deviceReadBps: ["io", "blkio"],
  deviceWriteBps: ["io", "blkio"],
  deviceReadIops: ["io", "blkio"],
  deviceWriteIops: ["io", "blkio"],
  memory: ["memory"],
  memorySwap: ["memory"],
  memoryReservation: ["memory"],
  pidsLimit: ["pids"],
  cpus: ["cpu"],
  cpuPeriod: ["cpu"],
  cpuQuota: ["cpu"],
  cpuShares: ["cpu"],
  cpuTimeMs: ["cpuacct"],
};

export const controllersOfWalls = (walls: readonly Wall[]): string[] =>
  walls.flatMap((wall) => CONTROLLERS_OF[wall] ?? []);

/** What stands in the way of a wall on this host; empty: it stands. */
export function obstacles(wall: Wall, opened: OpenedMessage): readonly Missing[] {
  switch (wall) {
    case "namespaces":
      return opened.missingNamespaces;
    case "seccomp":
      return opened.missingSeccomp;
    case "memory":
    case "pids":
    case "cpu": {
      const needed = CONTROLLERS_OF[wall] ?? [];
      return opened.missingControllers.filter(({ name }) => needed.includes(name));
    }
  }
}

/**
 * Fails closed.
 *
 * @throws SandboxError `cannotEnforce`, naming what is missing, why, and how to do without
 */
export function refuseMissingWalls(opened: OpenedMessage, allowWithout: readonly Wall[]): void {
  for (const wall of WALLS) {
    const missing = obstacles(wall, opened);
    if (missing.length === 0 || allowWithout.includes(wall)) continue;
    const reasons = missing.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
    throw new SandboxError(
      "cannotEnforce",
      `This host cannot enforce "${wall}" (${reasons}). See "mayfly doctor" for the remedy, or name it in MAYFLY_ALLOW_WITHOUT to do without.`,
    );
  }
}

/** The walls and limits that hold for every sandbox. */
export function enforcedHere(opened: OpenedMessage): string[] {
  const missing = new Set(opened.missingControllers.map(({ name }) => name));
  const held = ENFORCEMENT.filter(
    ({ limit, level }) =>
      level[opened.cgroupMode] === "enforced" &&
      !(OPTIONAL_CONTROLLER_OF[limit] ?? []).some((name) => missing.has(name)),
  ).map(({ limit }) => limit as string);
  const walls = (["namespaces", "seccomp"] as const).filter((wall) => obstacles(wall, opened).length === 0);
  return [...walls, ...held];
}

/** The controllers that every sandbox needs, in this mode. */
export function neededControllers(mode: CgroupMode): string[] {
  return controllersFor(DEFAULT_LIMITS, mode === "v2" ? "v2" : "v1");
}
