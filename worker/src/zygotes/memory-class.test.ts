import { expect, test } from "vitest";
import { heapFlags } from "../run/heap-flags.ts";
import { memoryClassOf } from "./memory-class.ts";

const MIB = 1024 ** 2;
const oldSpaceMib = (bytes: number) => Number(/=(\d+)/.exec(heapFlags(bytes)[0] ?? "")?.[1]);

test.each([
  [128, 128],
  [130, 128],
  [191, 128],
  [96, 96],
  [33, 32],
  [100_000, 4096],
])("a function of %d MiB is a copy of a zygote whose heap is made for %d MiB", (memory, memoryClass) => {
  expect(memoryClassOf(memory * MIB)).toBe(memoryClass * MIB);
});

test("without a limit a heap has none of ours, and below the least class a runtime boots", () => {
  expect(memoryClassOf(null)).toBeNull();
  expect(memoryClassOf(31 * MIB)).toBe("none");
});

test("a class never gives more heap than the function's own memory would, and at least half of that", () => {
  for (let mib = 64; mib <= 4096; mib += 16) {
    const own = oldSpaceMib(mib * MIB);
    const ofClass = oldSpaceMib(memoryClassOf(mib * MIB) as number);
    expect(ofClass).toBeLessThanOrEqual(own);
    expect(ofClass / own).toBeGreaterThan(0.5);
  }
});
