import { ENFORCEMENT } from "@mayfly/contract";
import { SandboxError } from "./errors.ts";
import type { Missing, OpenedMessage, ProbedMessage } from "./messages.ts";
import { WALLS, type Wall } from "./types.ts";

/** What the launcher found out about this host. */
export type HostFacts = OpenedMessage & ProbedMessage;

/** The cgroup controllers behind a wall; a limit whose controller is missing cannot be enforced. */
const CONTROLLERS_OF: Readonly<Partial<Record<Wall, readonly string[]>>> = {
  memory: ["memory"],
  pids: ["pids"],
  cpu: ["cpu", "cpuacct"],
};

/** The controllers that hold a limit, by their names in v1 and v2. The others are held by us or by setrlimit. */
const CONTROLLERS_OF_LIMIT: Readonly<Record<string, readonly string[]>> = {
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
export function obstacles(wall: Wall, opened: HostFacts): readonly Missing[] {
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
export function refuseMissingWalls(opened: HostFacts, allowWithout: readonly Wall[]): void {
  for (const wall of WALLS) {
    const missing = obstacles(wall, opened);
    if (missing.length === 0 || allowWithout.includes(wall)) continue;
    const reasons = missing.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
    throw new SandboxError("cannotEnforce", `This host cannot enforce "${wall}" (${reasons}).`, {
      remedy: 'See "mayfly doctor" for what to change, or name it in MAYFLY_ALLOW_WITHOUT to do without.',
    });
  }
}

/** The walls and limits that hold for every sandbox. */
export function enforcedHere(opened: HostFacts): string[] {
  const missing = new Set(opened.missingControllers.map(({ name }) => name));
  const held = ENFORCEMENT.filter(
    ({ limit, level }) =>
      level[opened.cgroupMode] === "enforced" &&
      !(CONTROLLERS_OF_LIMIT[limit] ?? []).some((name) => missing.has(name)),
  ).map(({ limit }) => limit as string);
  const walls = (["namespaces", "seccomp"] as const).filter((wall) => obstacles(wall, opened).length === 0);
  return [...walls, ...held];
}
