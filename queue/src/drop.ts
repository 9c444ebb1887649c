import type { Outcome } from "@mayfly/contract";
import { keys, LANES, loadScript } from "@mayfly/store";
import type { Redis } from "ioredis";

const script = loadScript(new URL("scripts/drop.lua", import.meta.url));
const DROPPED: Outcome = { kind: "cancelled", message: "The function was deleted while this waited." };
/** So many in one step of Redis, which serves nobody else meanwhile. */
const AT_ONCE = 500;

/** Sends what waits for a function to the dead letter. */
export async function dropWaiting(redis: Redis, functionName: string, keepMs: number): Promise<number> {
  let dropped = 0;
  for (const lane of LANES) {
    const key = (name: string) => keys.bullKey(functionName, lane, name);
    for (;;) {
      const count = (await script.run(
        redis,
        ["wait", "paused", "prioritized", "delayed", "failed"].map(key),
        [
          key(""),
          keys.recordKey(functionName, ""),
          keys.producerId(functionName, ""),
          keys.endedChannel(""),
          Date.now(),
          `${DROPPED.kind}: ${DROPPED.message}`,
          JSON.stringify(DROPPED),
          functionName,
          keepMs,
          AT_ONCE,
        ],
      )) as number;
      dropped += count;
      if (count < AT_ONCE) break;
    }
  }
  return dropped;
}
