import { join } from "node:path";
import { NODE, WORKLOAD } from "../peers/peer.ts";
import { expectedJson } from "../workload/expected.ts";
import type { Driver } from "./driver.ts";
import { askProcess, startProcess } from "./process.ts";

/** Those that stand ready beyond the calls in flight. */
const AHEAD = 4;

/**
 * What one would build without forking: plain node processes that have booted and wait for their event on stdin, used
 * once each. Where the calls come faster than they boot, a call waits for its process's boot.
 */
export async function openBootAhead(inFlight: number): Promise<Driver> {
  const expected = expectedJson("hello");
  const start = () => startProcess([NODE, join(WORKLOAD, "run.cjs")]);
  const ready = Array.from({ length: inFlight + AHEAD }, start);
  return {
    async call(call) {
      const next = ready.shift() ?? start();
      try {
        return await askProcess(next, call, expected);
      } finally {
        ready.push(start());
      }
    },
    async close() {
      for (const { child } of ready) child.kill("SIGKILL");
      await Promise.all(ready.map(({ exited }) => exited));
    },
  };
}
