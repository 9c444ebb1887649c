import { ENFORCEMENT, type LimitsInput } from "@mayfly/contract";
import { SandboxError } from "./errors.ts";
import { hostSystem } from "./host-system.ts";
import type { Probe } from "./probe.ts";
import { type RunResult, run } from "./run.ts";
import type { Sandboxes } from "./types.ts";

/** A script that meets one limit, and how one sees that the limit held. */
interface Trial {
  readonly limit: string;
  readonly script: string;
  readonly limits: LimitsInput;
  held(result: RunResult): boolean;
}

const TRIALS: readonly Trial[] = [
  {
    limit: "memory",
    script: "head -c 64m /dev/zero > /tmp/x",
    limits: { memory: "16m", tmpfsSize: "128m" },
    held: ({ counters }) => (counters.oomKills ?? 0) > 0,
  },
  {
    limit: "pidsLimit",
    script: "/bin/true; /bin/true",
    limits: { pidsLimit: 1 },
    held: ({ exitCode }) => exitCode !== 0,
  },
  {
    limit: "cpus",
    script: "while :; do :; done",
    limits: { cpus: 0.1, timeoutMs: 600 },
    held: ({ counters }) => (counters.cpuUsageUs ?? Number.POSITIVE_INFINITY) < 300_000,
  },
  {
    limit: "tmpfsSize",
    script: "head -c 2m /dev/zero > /tmp/x",
    limits: { tmpfsSize: "1m" },
    held: ({ exitCode }) => exitCode !== 0,
  },
  {
    limit: "timeoutMs",
    script: "sleep 5",
    limits: { timeoutMs: 100 },
    held: ({ killedBy }) => killedBy === "timedOut",
  },
  {
    limit: "cpuTimeMs",
    script: "while :; do :; done",
    limits: { cpuTimeMs: 100, timeoutMs: 5000 },
    held: ({ killedBy }) => killedBy === "cpuTimeExceeded",
  },
];

/** Runs a program behind all walls. */
export async function probeSandbox(sandboxes: Sandboxes): Promise<Probe> {
  const name = "sandbox";
  try {
    const result = await run({ sandboxes, argv: ["/bin/true"] });
    if (result.exitCode === 0) {
      const detail = `a program ran behind every wall; set-up took ${(result.setupUs / 1000).toFixed(1)} ms`;
      return { name, status: "PASS", detail, remedy: null };
    }
    const detail = `/bin/true ended with ${result.exitCode ?? result.signal}`;
    return { name, status: "FAIL", detail, remedy: "Look into the kernel's log (dmesg)" };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { name, status: "FAIL", detail: error.reason, remedy: error.remedy };
  }
}

/** Exceeds each limit that a script can exceed, and lists those that this cgroup mode holds only in part. */
export async function probeLimits(sandboxes: Sandboxes): Promise<Probe[]> {
  const root = await hostSystem();
  const trials = await Promise.all(
    TRIALS.map(async ({ limit, script, limits, held }): Promise<Probe> => {
      const result = await run({ sandboxes, root, argv: ["/bin/sh", "-c", script], limits });
      if (held(result))
        return { name: limit, status: "PASS", detail: "was exceeded, and held", remedy: null };
      const detail = `was exceeded by a script, which ended with ${result.exitCode ?? result.signal}`;
      return {
        name: limit,
        status: "FAIL",
        detail,
        remedy: "Name its wall in MAYFLY_ALLOW_WITHOUT, or use another host",
      };
    }),
  );
  const partial = ENFORCEMENT.filter(({ level }) => level[sandboxes.cgroupMode] !== "enforced").map(
    ({ limit, level, reason }): Probe => ({
      name: limit,
      status: "WARN",
      detail: `${level[sandboxes.cgroupMode] === "refused" ? "refused" : "best effort"}: ${reason}`,
      remedy: null,
    }),
  );
  return [...trials, ...partial];
}
