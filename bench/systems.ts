import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestInput } from "@mayfly/contract";
import { type System, startSystem } from "../test/support/system.ts";
import type { Isolation } from "./drivers/driver.ts";
import { MANIFEST_LIMITS } from "./limits.ts";
import { WORKLOAD } from "./peers/peer.ts";

/** Whole Mayflies, each with a Redis, a gateway and a worker of its own, and what sets it apart from the defaults. */
const SYSTEMS = {
  usual: { MAYFLY_SNAPSHOTS: "4" },
  "nothing-parked": { MAYFLY_PARKED: "0" },
  /** Its zygote is too old after a second, as the usual one's is after half an hour. */
  "soon-recycled": { MAYFLY_ZYGOTE_MAX_AGE_MS: "1000" },
  "many-functions": {},
  "many-jobs": {},
} satisfies Record<string, Record<string, string>>;

export type SystemName = keyof typeof SYSTEMS;

/** Sandboxes of different workers have different users. */
const FIRST_UID = 100_000;
const UIDS_EACH = 2048;

export interface BenchFunction {
  readonly workload: "hello" | "real" | "hold" | "imports";
  readonly isolation: Isolation;
  readonly snapshot?: boolean;
}

/** A system that runs, with the functions that were asked for so far. */
export interface BenchSystem {
  readonly system: System;
  /** Deploys it, where that was not done before. @returns its name */
  function(wanted: BenchFunction): Promise<string>;
}

/** Starts each system when it is first asked for; an idle one takes memory, but no CPU worth the name. */
export class Systems implements AsyncDisposable {
  readonly #running = new Map<SystemName, Promise<BenchSystem>>();

  get(name: SystemName): Promise<BenchSystem> {
    const known = this.#running.get(name);
    if (known !== undefined) return known;
    const starting = start(name);
    this.#running.set(name, starting);
    return starting;
  }

  async stop(name: SystemName): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    await (await running)?.system[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.stop(name).catch(() => undefined);
  }
}

async function start(name: SystemName): Promise<BenchSystem> {
  const order = Object.keys(SYSTEMS).indexOf(name);
  const system = await startSystem({
    MAYFLY_CGROUP_PARENT: `mayfly-bench-${process.pid}-${name}`,
    MAYFLY_SANDBOX_UID: String(FIRST_UID + order * UIDS_EACH),
    ...SYSTEMS[name],
  });
  const deployed = new Map<string, Promise<string>>();
  return {
    system,
    function(wanted) {
      const key = nameOf(wanted);
      const known = deployed.get(key);
      if (known !== undefined) return known;
      const deploying = deploy(system, key, wanted);
      deployed.set(key, deploying);
      return deploying;
    },
  };
}

const nameOf = ({ workload, isolation, snapshot = false }: BenchFunction) =>
  `bench-${workload}-${isolation}${snapshot ? "-snapshot" : ""}`;

/** Deploys one of the workloads under a name, with the limits of every other subject. */
export async function deploy(
  { deploy }: System,
  name: string,
  { workload, isolation, snapshot = false }: BenchFunction,
): Promise<string> {
  const manifest: ManifestInput = {
    name,
    runtime: "nodejs24",
    entry: "index.mjs",
    isolation,
    snapshot,
    limits: MANIFEST_LIMITS,
  };
  await deploy(manifest, {
    "index.mjs": 'export { default } from "./handler.cjs";\n',
    "handler.cjs": await readFile(join(WORKLOAD, `${workload}.cjs`), "utf8"),
  });
  return name;
}
