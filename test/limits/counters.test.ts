import { DEFAULT_LIMITS, type Limits } from "@mayfly/contract";
import type { Ending, Running, Sandboxes } from "@mayfly/sandbox-addon";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, ROOT, until, WAYS } from "../../sandbox-addon/test/support/box.ts";
import { isEmpty, type KernelCounters, readEndedCpuUs, readLeaf } from "./leaf-reader.ts";

const MIB = 1024 ** 2;
const HOLD_MS = 1500;
/** Some milliseconds of a shell's time. */
const WORK = "i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done";

describe.each(WAYS)(
  "a receipt's counters are the kernel's own, by $way, with cgroups in mode $mode",
  (given) => {
    const { mode } = given;
    let held: Sandboxes;
    let quick: Sandboxes;
    beforeAll(async () => {
      held = await openWay(given, { debugHoldMs: HOLD_MS });
      quick = await openWay(given);
    });
    afterAll(async () => {
      await held.close();
      await quick.close();
    });

    /** Runs a script, and reads its emptied cgroup while it is held. */
    async function observe(script: string, limits: Partial<Limits>): Promise<[KernelCounters, Ending]> {
      const running = await start(held, script, limits);
      expect(await until(() => isEmpty(running), 30_000)).toBe(true);
      const kernel = readLeaf(running, mode);
      return [kernel, await running.ended];
    }

    test("CPU time, memory peak, pids and throttling of a run that uses all of them", async () => {
      const [kernel, { counters, exitCode }] = await observe(
        `import os
x = bytearray(40 << 20)
for i in range(12):
  try:
    if os.fork() == 0: os._exit(sum(range(300000)) * 0)
  except OSError: pass
sum(range(3000000))`,
        { pidsLimit: 8, cpuQuotaUs: 50_000, memoryBytes: 128 * MIB, memorySwapBytes: 128 * MIB },
      );
      expect(exitCode).toBe(0);
      expect(Math.abs((counters.cpuUsageUs ?? 0) - kernel.cpuUsageUs)).toBeLessThanOrEqual(
        Math.max(1000, kernel.cpuUsageUs / 100),
      );
      expect(counters.memoryPeakBytes).toBe(kernel.memoryPeakBytes);
      expect(counters.memoryPeakBytes).toBeGreaterThan(40 * MIB);
      expect(counters.pidsPeak).toBe(kernel.pidsPeak);
      expect(counters.pidsRefused).toBe(kernel.pidsRefused);
      expect(counters.cpuThrottledPeriods).toBe(kernel.throttledPeriods);
      expect(counters.oomKills).toBe(0);
    });

    test("the memory killer's count, where 64 MiB are exceeded", async () => {
      const [kernel, ending] = await observe("x = bytearray(256 << 20)", {
        memoryBytes: 64 * MIB,
        memorySwapBytes: 64 * MIB,
      });
      expect(ending).toMatchObject({ signal: "SIGKILL", mainOomKilled: true, killedBy: null });
      expect(kernel.oomKills).toBeGreaterThanOrEqual(1);
      expect(ending.counters.oomKills).toBe(kernel.oomKills);
      expect(ending.counters.memoryPeakBytes).toBe(kernel.memoryPeakBytes);
    });

    test("what this mode cannot count is null, never 0", async () => {
      const [, { counters }] = await observe("pass", { cpuQuotaUs: null });
      expect(counters.cpuPeriods).toBeNull();
      expect(counters.cpuThrottledUs).toBeNull();
      // v1 counts block I/O only under a throttle, and user and system time in clock ticks.
      if (mode === "v2") expect(counters.ioReadBytes).not.toBeNull();
      else expect(counters.ioReadBytes).toBeNull();
      if (mode !== "v1") expect(counters.cpuUserUs).not.toBeNull();
    });

    // What is missing from the sum is rounding (whole microseconds), and a process's last steps after its cgroup was
    // read; what the launcher itself does for a sandbox is not in these cgroups.
    test("200 receipts add up to the growth of the parent cgroup", { timeout: 300_000 }, async () => {
      // It keeps the directory's name known.
      const witness = await start(quick, "import time; time.sleep(600)", { timeoutMs: 600_000 });
      const before = readEndedCpuUs(witness, mode);
      let sum = 0;
      for (let i = 0; i < 200; i++) {
        const { counters } = await (await start(quick, WORK, {}, "/bin/sh")).ended;
        sum += counters.cpuUsageUs ?? 0;
      }
      const growth = readEndedCpuUs(witness, mode) - before;
      witness.kill("settled");
      await witness.ended;
      expect(Math.abs(growth - sum) / growth, `${sum} µs of a growth of ${growth} µs`).toBeLessThan(0.01);
    });
  },
);

async function start(
  sandboxes: Sandboxes,
  script: string,
  limits: Partial<Limits>,
  program = "/usr/bin/python3",
): Promise<Running> {
  const running = await sandboxes.start({
    argv: [program, "-c", script],
    env: {},
    cwd: "/tmp",
    hostname: "counted",
    root: ROOT,
    limits: { ...DEFAULT_LIMITS, ...limits },
    control: "none",
    seccomp: "python3",
  });
  running.stdin.end();
  running.stdout.resume();
  running.stderr.resume();
  return running;
}
