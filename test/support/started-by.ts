import type { Isolation, ManifestInput } from "@mayfly/contract";
import { invocationIdOf, metricSum, type System, startSystem } from "./system.ts";

const PATIENCE_MS = 30_000;
const WARM_UP = "warm-up";

/**
 * A system whose nodejs functions are started in one way where their manifests say nothing, so that whatever is true of
 * a boot can be asked of a fork by the same test. A function is deployed once there is a zygote for its like.
 */
export async function startSystemBy(
  isolation: Isolation,
  env: Record<string, string> = {},
  workers = 1,
): Promise<System> {
  const system = await startSystem(env, workers);
  const ready = new Set<unknown>();
  return {
    ...system,
    async deploy(manifest, files) {
      if (!manifest.runtime.startsWith("nodejs")) return await system.deploy(manifest, files);
      const memory = manifest.limits?.memory;
      if (isolation === "fork" && !ready.has(memory)) await untilForked(system, memory);
      ready.add(memory);
      return await system.deploy({ isolation, ...manifest }, files);
    },
  };
}

/** Calls one that has the same memory, until a call of it is answered by a copy of a zygote. */
async function untilForked(system: System, memory: NonNullable<ManifestInput["limits"]>["memory"]) {
  const manifest = { name: WARM_UP, runtime: "nodejs24", entry: "index.ts", isolation: "fork" } as const;
  const limits = memory === undefined ? {} : { limits: { memory } };
  await system.deploy({ ...manifest, ...limits }, { "index.ts": "export default () => 1;" });
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const { receipt } = await system.record(invocationIdOf(await system.call(WARM_UP, {})));
    if (receipt?.isolation === "fork") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No zygote came to be:\n${system.workers[0]?.output()}`);
}

/** How many of the processes so far booted although their functions are forked, but for those of the warming up. */
export async function unwantedBoots(system: System): Promise<Record<string, number>> {
  const text = await system.workerMetrics();
  const count = (why: string) => metricSum(text, "mayfly_boots_total", { why });
  return Object.fromEntries(["environment", "limits", "forkFailed"].map((why) => [why, count(why)]));
}
