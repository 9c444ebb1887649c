import { beforeAll, describe, expect, test } from "vitest";
import { type Forked, forkMany } from "./fork-many.ts";

const CALLS = 500;
const MIB = 1024 ** 2;

/** The same with 20,000 is `forks.ts`, which takes minutes. */
describe(`after ${CALLS} forks of one zygote`, () => {
  let forked: Forked;
  beforeAll(async () => {
    forked = await forkMany(CALLS);
  }, 180_000);

  test("each call was answered rightly, by a process that drew numbers of its own", () => {
    expect(forked.wrong).toEqual([]);
    expect(forked.starts).toEqual({ someForked: true, bootsInstead: 0 });
  });

  test("nothing leaked: no process, no cgroup, no mount, no descriptor", () => {
    const { before, after, leaked } = forked;
    expect(leaked).toBe(0);
    expect(after.zygotes).toBe(1);
    expect(after.zygoteDescriptors).toBe(before.zygoteDescriptors);
    // What the parked copies have, of which there are more or fewer by the arrivals of the last seconds.
    expect(after.launcherDescriptors - before.launcherDescriptors).toBeLessThanOrEqual(100);
    expect(after.workerDescriptors - before.workerDescriptors).toBeLessThanOrEqual(40);
    expect(after.cgroups - before.cgroups).toBeLessThanOrEqual(50);
  });

  test("the zygote and its launcher are as large as before", () => {
    const { before, after } = forked;
    expect(after.zygoteBytes - before.zygoteBytes).toBeLessThan(MIB);
    expect(after.launcherBytes - before.launcherBytes).toBeLessThan(2 * MIB);
  });
});
