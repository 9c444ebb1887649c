import type { Isolation, ManifestInput } from "@mayfly/contract";
import { invocationIdOf, metricSum, type System, startSystem } from "./system.ts";

const PATIENCE_MS = 30_000;
const WARM_UP: Readonly<Record<string, { entry: string; code: string }>> = {
  nodejs24: { entry: "index.ts", code: "export default () => 1;" },
  python3: { entry: "main.py", code: "def handler(event, context):\n    return 1\n" },
};

/**
 * A system whose functions are started in one way where their manifests say nothing, so that whatever is true of a boot
 * can be asked of a fork by the same test. A function is deployed once there is a zygote for its like.
 */
export async function startSystemBy(
  isolation: Isolation,
  env: Record<string, string> = {},
  workers = 1,
): Promise<System> {
  const system = await startSystem(env, workers);
  const ready = new Set<string>();
  return {
    ...system,
    async deploy(manifest, files) {
      if (manifest.runtime === "exec") return await system.deploy(manifest, files);
      const kind = `${manifest.runtime}-${manifest.limits?.memory ?? "default"}`;
      if (isolation === "fork" && !ready.has(kind)) await untilForked(system, `warm-up-${kind}`, manifest);
      ready.add(kind);
      return await system.deploy({ isolation, ...manifest }, files);
    },
  };
}

/** Calls one that has the same runtime and memory, until a call of it is answered by a copy of a zygote. */
async function untilForked(system: System, name: string, { runtime, limits }: ManifestInput): Promise<void> {
  const warmUp = WARM_UP[runtime];
  if (warmUp === undefined) throw new Error(`There are no zygotes of ${runtime}.`);
  const { entry, code } = warmUp;
  const alike = limits?.memory === undefined ? {} : { limits: { memory: limits.memory } };
  await system.deploy({ name, runtime, entry, isolation: "fork", ...alike }, { [entry]: code });
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const { receipt } = await system.record(invocationIdOf(await system.call(name, {})));
    if (receipt?.isolation === "fork") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No zygote came to be for ${name}:\n${system.workers[0]?.output()}`);
}

/**
 * How the processes so far came to be, of functions that are forked: where it should be so, some were copies, and none
 * booted for want of one that was there.
 */
export async function startsOf(system: System) {
  const text = await system.workerMetrics();
  const boots = (why: string) => metricSum(text, "mayfly_boots_total", { why });
  const forks = (how: string) => metricSum(text, "mayfly_starts_total", { how });
  return {
    someForked: forks("parked") + forks("onDemand") > 0,
    bootsInstead: boots("environment") + boots("limits") + boots("forkFailed"),
  };
}
