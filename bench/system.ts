import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type System, startSystem } from "../test/support/system.ts";
import { FUNCTION_NAME } from "./drivers/driver.ts";
import { LIMITS } from "./limits.ts";
import { WORKLOAD } from "./peers/peer.ts";

/** A whole Mayfly with its defaults: private Redis, gateway and worker as processes, the benchmark's function deployed. */
export async function startMayfly(): Promise<System> {
  const system = await startSystem({ MAYFLY_CGROUP_PARENT: `mayfly-bench-${process.pid}` });
  try {
    await system.deploy(
      {
        name: FUNCTION_NAME,
        runtime: "nodejs24",
        entry: "index.mjs",
        limits: {
          cpus: LIMITS.cpus,
          memory: LIMITS.memoryBytes,
          pidsLimit: LIMITS.pids,
          tmpfsSize: LIMITS.tmpfsBytes,
        },
      },
      {
        "index.mjs": 'export { default } from "./handler.cjs";\n',
        "handler.cjs": await readFile(join(WORKLOAD, "handler.cjs"), "utf8"),
      },
    );
    return system;
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw error;
  }
}
