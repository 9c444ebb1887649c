import type { Sandboxes } from "@mayfly/sandbox-addon";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWay, shell, WAYS } from "../../sandbox-addon/test/support/box.ts";

const BUSY = "while :; do :; done";
const SECONDS = 5;

describe.each(WAYS)("CPU limits of a process by $way, with cgroups in mode $mode", (given) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openWay(given);
  });
  afterAll(() => sandboxes.close());

  // Retried, since a quota promises at the most: a machine busy with other things gives less.
  test("a quota of 20000 in a period of 100000 gives a busy loop a fifth of one CPU", {
    retry: 2,
  }, async () => {
    const { counters, killedBy } = await shell(sandboxes, `${BUSY} & ${BUSY}`, {
      limits: { cpuPeriod: 100_000, cpuQuota: 20_000, timeoutMs: SECONDS * 1000 },
    });
    expect(killedBy).toBe("timedOut");
    const share = (counters.cpuUsageUs ?? 0) / (SECONDS * 1e6);
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.22);
    expect(counters.cpuPeriods).toBeGreaterThan(SECONDS * 9);
    expect(counters.cpuThrottledPeriods).toBeGreaterThan(SECONDS * 8);
    expect(counters.cpuThrottledUs).toBeGreaterThan(SECONDS * 500_000);
  });

  test("two that compete for one CPU share it by their weights", { retry: 2 }, async () => {
    const compete = (cpuShares: number) =>
      shell(sandboxes, BUSY, { limits: { cpuShares, cpusetCpus: "0", cpus: 2, timeoutMs: 4000 } });
    const [light, heavy] = await Promise.all([compete(512), compete(2048)]);
    const ratio = (heavy.counters.cpuUsageUs ?? 0) / (light.counters.cpuUsageUs ?? 1);
    // Docker's 512 to 2048 are 1 to 4 on v1, and 20 to 79 on v2.
    expect(ratio).toBeGreaterThan(3);
    expect(ratio).toBeLessThan(5);
  });
});
