import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { System } from "../../test/support/system.ts";
import { childrenOf, listProcesses, type Process } from "../machine/memory.ts";

/** Who is who among the processes of a running Mayfly; known by who is whose child. */
export interface ProcessTree {
  readonly redis: readonly number[];
  readonly gateway: readonly number[];
  readonly worker: readonly number[];
  readonly launcher: readonly number[];
  readonly zygotes: readonly number[];
  /** One for each sandbox that runs or is parked. */
  readonly inits: readonly number[];
  /** What runs in them: the copies that are parked, and the functions at work. */
  readonly mains: readonly number[];
}

export async function processTree(system: System): Promise<ProcessTree> {
  const processes = await listProcesses();
  const below = (parents: readonly number[]) => parents.flatMap((pid) => childrenOf(processes, pid));
  const pids = (of: readonly Process[]) => of.map(({ pid }) => pid);
  const worker = system.workers.filter(({ process }) => process.exitCode === null).map(({ pid }) => pid);
  const launcher = pids(below(worker));
  const [zygotes, inits] = await partition(below(launcher), isNode);
  return {
    redis: [Number(await readFile(join(system.dataDir, "redis/redis.pid"), "utf8"))],
    gateway: [system.gateway.pid],
    worker,
    launcher,
    zygotes: pids(zygotes),
    inits: pids(inits),
    mains: pids(below(pids(inits))),
  };
}

/** The launcher's children are zygotes, which execute node, and inits, which are copies of the launcher. */
async function isNode({ pid }: Process): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return /(^|\/)(node|python3)\0/.test(commandLine);
}

async function partition<T>(list: readonly T[], holds: (one: T) => Promise<boolean>): Promise<[T[], T[]]> {
  const held = await Promise.all(list.map(holds));
  return [list.filter((_, i) => held[i]), list.filter((_, i) => !held[i])];
}
