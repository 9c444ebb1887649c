import { DEFAULT_LIMITS } from "@mayfly/contract";
import { hostSystem, openSandboxes, type SandboxesOptions } from "../../src/index.ts";

export const PARENT_OPTIONS = { allowWithout: [], hostUid: 65_533, debugHoldMs: 0 } as const;

export async function startForever(options: SandboxesOptions) {
  const sandboxes = await openSandboxes(options);
  const running = await sandboxes.start({
    argv: ["/bin/sh", "-c", "sleep 1000 & while :; do sleep 1; done"],
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/tmp",
    hostname: "box",
    root: await hostSystem(),
    limits: { ...DEFAULT_LIMITS, timeoutMs: 600_000 },
    control: "none",
    seccomp: "exec",
  });
  running.stdout.resume();
  running.stderr.resume();
  return { sandboxes, running };
}
