import { keys, loadScript, type Store } from "@mayfly/store";
import type { Redis } from "ioredis";
import { BUILDS } from "./build-call.ts";
import type { BullQueues } from "./bull-queues.ts";
import type { Ready } from "./ready.ts";

const script = loadScript(new URL("scripts/sweep.lua", import.meta.url));

/** A producer's job is noticed within this time. */
export const SWEEP_EVERY_MS = 500;
/** A sweeper that says nothing for so long is replaced. */
const SWEEPER_FOR_MS = 3 * SWEEP_EVERY_MS;
/** So many queues are looked at in one step of Redis, which serves nobody else meanwhile. */
const AT_ONCE = 500;
/** So many keys are looked at for queues that nobody told us of, each time. */
const DISCOVER_AT_ONCE = 200;

type Found = [
  index: number,
  asyncWaits: number,
  syncWaits: number,
  asyncActive: number,
  syncActive: number,
  due: number,
];

export interface SweeperDeps {
  readonly redis: Redis;
  readonly store: Store;
  readonly queues: BullQueues;
  readonly ready: Ready;
  readonly workerId: string;
}

/**
 * Finds the work that no hint tells of: jobs of plain producers, delayed jobs that are due, jobs whose worker died,
 * queues that were resumed, hints that died with their taker. One worker at a time does it for all.
 */
export function createSweeper({ redis, store, queues, ready, workerId }: SweeperDeps): () => Promise<void> {
  let cursor = "0";

  const isSweeper = async (): Promise<boolean> => {
    const taken = await redis.set(keys.sweeperKey, workerId, "PX", SWEEPER_FOR_MS, "NX");
    if (taken !== null) return true;
    if ((await redis.get(keys.sweeperKey)) !== workerId) return false;
    await redis.pexpire(keys.sweeperKey, SWEEPER_FOR_MS);
    return true;
  };

  const attend = async (name: string, found: Found): Promise<void> => {
    const [, asyncWaits, syncWaits, asyncActive, syncActive, due] = found;
    const nextSweep = Date.now() + SWEEP_EVERY_MS;
    if (asyncWaits === 1) await ready.hint(name, "async");
    if (syncWaits === 1) await ready.hint(name, "sync");
    if (due > 0 && due <= nextSweep) ready.hintAt(name, "async", due);
    for (const [active, lane] of [
      [asyncActive, "async"],
      [syncActive, "sync"],
    ] as const) {
      if (active === 0) continue;
      const stalled = await queues.get(name, lane).checkStalled();
      if (stalled.length > 0) await ready.hint(name, lane);
    }
  };

  /** Queues of functions that are not deployed: somebody's job waits there, and should be listed. */
  const discover = async (): Promise<void> => {
    const [next, found] = await redis.scan(
      cursor,
      "MATCH",
      keys.bullKey("*", "async", "meta"),
      "COUNT",
      DISCOVER_AT_ONCE,
    );
    cursor = next;
    const names = found
      .flatMap((key) => /\{([^}]+)\}/.exec(key)?.[1] ?? [])
      .filter((name) => name !== BUILDS);
    if (names.length > 0) await redis.sadd(keys.queuesKey, ...names);
  };

  return async () => {
    if (!(await isSweeper())) return;
    const names = [...(await store.functions.names()), BUILDS];
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const some = names.slice(from, from + AT_ONCE);
      const found = (await script.run(redis, [], some)) as Found[];
      await Promise.all(found.map((one) => attend(some[one[0]] ?? "", one)));
    }
    await discover();
  };
}
