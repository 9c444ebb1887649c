import { keys, LANES, loadScript } from "@mayfly/store";
import type { Redis } from "ioredis";
import type { Backlog } from "./types.ts";

const script = loadScript(new URL("scripts/backlog.lua", import.meta.url));
const COUNTED = ["wait", "paused", "active", "delayed", "prioritized", "failed", "completed"];

export async function backlogOf(redis: Redis, functionName: string): Promise<Backlog> {
  const counts = (await script.run(
    redis,
    LANES.flatMap((lane) => COUNTED.map((key) => keys.bullKey(functionName, lane, key))),
    LANES.map((lane) => keys.bullKey(functionName, lane, "")),
  )) as number[];
  const [waiting = 0, active = 0, delayed = 0, prioritized = 0, failed = 0, completed = 0, oldest = 0] =
    counts;
  return {
    function: functionName,
    jobs: { waiting, active, delayed, prioritized, failed, completed },
    oldestAgeSeconds: oldest === 0 ? 0 : Math.max(0, (Date.now() - oldest) / 1000),
  };
}
