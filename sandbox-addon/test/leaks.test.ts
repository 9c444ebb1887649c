import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { run } from "../src/index.ts";
import { cgroupsBelow, openWay, PARENT, ROOT, shell, traces, until, WAYS } from "./support/box.ts";

/** Cgroups that the kernel still holds, dying ones too. Other programs of the machine make some as well. */
function memoryCgroups(): number {
  const line = readFileSync("/proc/cgroups", "utf8")
    .split("\n")
    .find((text) => text.startsWith("memory\t"));
  return Number(line?.split("\t")[2]);
}
const OF_OTHERS = 20;

/** Bytes that are in use once all garbage is gone. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
const HEAP_PER_RUN = 1500;

describe.each(WAYS)("what is left, by $way, with cgroups in mode $mode", (way) => {
  test("200 runs one after the other and 8 at a time leave nothing", async () => {
    const beforeOpen = traces();
    const sandboxes = await openWay(way);
    await shell(sandboxes, "true");
    const before = traces();
    const cgroups = memoryCgroups();
    for (let i = 0; i < 200; i++) {
      const result = await run({ sandboxes, root: ROOT, argv: ["/bin/true"] });
      expect(result.exitCode).toBe(0);
    }
    const heap = heapInUse();
    const RUNS = 200;
    for (let i = 0; i < RUNS; i++) await run({ sandboxes, root: ROOT, argv: ["/bin/true"] });
    expect((heapInUse() - heap) / RUNS).toBeLessThan(HEAP_PER_RUN);
    const lanes = Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 10; i++) {
        const result = await shell(
          sandboxes,
          "head -c 1m /dev/zero > /tmp/x; (sleep 100 &) ; cat /usr/bin/env | wc -c",
        );
        expect(result.exitCode).toBe(0);
      }
    });
    await Promise.all(lanes);
    expect(
      await until(() => JSON.stringify(traces()) === JSON.stringify(before)),
      JSON.stringify([before, traces()]),
    ).toBe(true);
    expect(await until(() => memoryCgroups() <= cgroups + OF_OTHERS)).toBe(true);
    expect(sandboxes.leaked()).toEqual({ processes: 0, cgroups: 0, mounts: 0, netns: 0 });
    await sandboxes.close();
    expect(cgroupsBelow(PARENT)).toEqual([]);
    expect(await until(() => traces().ours === beforeOpen.ours)).toBe(true);
  }, 120_000);
});
