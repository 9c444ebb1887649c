import type { CgroupMode } from "@mayfly/contract";
import { readUpConfig } from "../up/config.ts";
import type { Check } from "./check.ts";
import { checkDataDir, checkNode, checkPortOf, checkSystemPackages } from "./machine.ts";
import { checkRedis } from "./redis.ts";
import { checkSandbox } from "./sandbox.ts";

export interface Diagnosis {
  readonly checks: readonly Check[];
  /** Null where none was found. */
  readonly cgroupMode: CgroupMode | null;
}

/** Everything that Mayfly needs of a machine, looked at in the order in which it would be missed. */
export async function runChecks(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Promise<Diagnosis> {
  const config = await readUpConfig(env, cwd);
  const { host, port, url, metricsHost, metricsPort, metricsUrl } = config;
  const sandbox = await checkSandbox(env);
  const checks = [
    await checkNode(),
    checkSystemPackages(),
    checkDataDir(config),
    ...(await checkRedis(config.redisUrl)),
    await checkPortOf("gateway's port", "MAYFLY_PORT", { host, port, url: `${url}/metrics` }),
    await checkPortOf("worker's port", "MAYFLY_WORKER_METRICS_PORT", {
      host: metricsHost,
      port: metricsPort,
      url: metricsUrl,
    }),
    ...sandbox.checks,
  ];
  return { checks, cgroupMode: sandbox.cgroupMode };
}
