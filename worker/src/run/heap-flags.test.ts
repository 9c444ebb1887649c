import { expect, test } from "vitest";
import { clocksOf } from "./clocks.ts";
import { heapFlags } from "./heap-flags.ts";

const MIB = 1024 ** 2;

test.each([64, 128, 256, 1024, 4096])("V8's heap fits into %d MiB with room beside it", (memoryMib) => {
  const [old = 0, semi = 0] = heapFlags(memoryMib * MIB).map((flag) => Number(flag.split("=")[1]));
  expect(old + 3 * semi).toBeLessThanOrEqual(memoryMib - 16);
  expect(old).toBeGreaterThanOrEqual(memoryMib * 0.4);
});

test("V8 decides itself where memory has no limit, and gets its least where there is hardly any", () => {
  expect(heapFlags(null)).toEqual([]);
  expect(heapFlags(8 * MIB)).toEqual(["--max-old-space-size=8", "--max-semi-space-size=1"]);
});

test("the signal aborts a tenth of the timeout before the end, and at most 100 ms", () => {
  expect(clocksOf(1000, 200)).toEqual({ deadlineUs: 201_000, abortUs: 181_000 });
  expect(clocksOf(0, 10_000)).toEqual({ deadlineUs: 10_000_000, abortUs: 9_900_000 });
});
