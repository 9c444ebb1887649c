import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };
import memoryHog from "./index.ts";

const MIB = 1024 ** 2;

it("takes the example's buffers, outside of the heap", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const { taken, usage } = await memoryHog({ ...example, kind: "buffers" });
  expect(taken).toBe(16 * MIB);
  expect(usage.arrayBuffers - before).toBeGreaterThan(8 * MIB);
});

it.each(["heap", "files"] as const)("takes memory as %s", async (kind) => {
  expect((await memoryHog({ kind, mebibytes: 4 })).taken).toBe(4 * MIB);
});

it("takes memory in a child, and tells how that ended", async () => {
  expect((await memoryHog({ kind: "child", mebibytes: 4 })).taken).toBe("the child lived");
});

it("names the kinds that it knows", async () => {
  await expect(memoryHog({ kind: "cake" as never })).rejects.toThrow("buffers, heap, files, child");
});
