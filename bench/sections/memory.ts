import { setTimeout } from "node:timers/promises";
import { memoryOf, type ProcessMemory } from "../machine/memory.ts";
import { sum } from "../statistics/quantile.ts";
import type { BenchSystem, Systems } from "../systems.ts";
import { type ProcessTree, processTree } from "./process-tree.ts";

/** Bytes of the processes that play one part, all together. */
export interface PartMemory extends ProcessMemory {
  readonly part: keyof ProcessTree;
  readonly processes: number;
}

export interface MemoryFigures {
  /** A gateway, a worker with its launcher and zygotes, Redis, and the parked copies: at rest, after some calls. */
  readonly idlePssBytes: number;
  readonly idle: readonly PartMemory[];
  /** Of each parked copy, with its init; null where nothing is parked. */
  readonly parked: ProcessMemory | null;
  /** Calls of a hello that waits, and what each of them adds to the whole. */
  readonly inFlight: number;
  readonly runningPssBytes: number;
}

/** So that code is compiled and copies are parked, as on any system that is in use. */
const WARM_UP_TIMES = 50;
const SETTLED_AFTER_MS = 3000;
/** As many as a worker has slots on two cores. */
const IN_FLIGHT = 4;
const HOLD_MS = 4000;
/** The parked copies that were used have been made anew by then. */
const LOOK_AFTER_MS = 2000;

export async function measureMemory(systems: Systems): Promise<MemoryFigures> {
  const running = await systems.get("usual");
  const name = await running.function({ workload: "hold", isolation: "fork" });
  const callAtOnce = (ms: number) =>
    Promise.all(Array.from({ length: IN_FLIGHT }, () => hold(running, name, ms)));
  for (let i = 0; i < WARM_UP_TIMES; i++) await callAtOnce(1);
  await setTimeout(SETTLED_AFTER_MS);
  const idle = await memoryByPart(running);
  const idlePssBytes = pssOf(idle);

  const held = callAtOnce(HOLD_MS);
  await setTimeout(LOOK_AFTER_MS);
  const atWorkPssBytes = pssOf(await memoryByPart(running));
  await held;
  return {
    idlePssBytes,
    idle,
    parked: eachParked(idle),
    inFlight: IN_FLIGHT,
    runningPssBytes: (atWorkPssBytes - idlePssBytes) / IN_FLIGHT,
  };
}

async function hold({ system }: BenchSystem, name: string, ms: number): Promise<void> {
  const answer = await system.call(name, { ms });
  if (!answer.ok) throw new Error(`${name} answered ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function memoryByPart({ system }: BenchSystem): Promise<PartMemory[]> {
  const parts = Object.entries(await processTree(system)) as [keyof ProcessTree, readonly number[]][];
  return Promise.all(
    parts.map(async ([part, pids]) => {
      const each = (await Promise.all(pids.map(memoryOf))).filter((one) => one !== null);
      return {
        part,
        processes: each.length,
        pssBytes: sum(each.map(({ pssBytes }) => pssBytes)),
        privateBytes: sum(each.map(({ privateBytes }) => privateBytes)),
      };
    }),
  );
}

const pssOf = (parts: readonly PartMemory[]) => sum(parts.map(({ pssBytes }) => pssBytes));

function eachParked(parts: readonly PartMemory[]): ProcessMemory | null {
  const count = parts.find(({ part }) => part === "mains")?.processes ?? 0;
  if (count === 0) return null;
  const own = parts.filter(({ part }) => part === "mains" || part === "inits");
  return {
    pssBytes: pssOf(own) / count,
    privateBytes: sum(own.map(({ privateBytes }) => privateBytes)) / count,
  };
}
