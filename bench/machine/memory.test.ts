import { expect, it } from "vitest";
import { memoryOf, readRollup, readStat } from "./memory.ts";

it("a process's memory is its pages and its share of others'", () => {
  const text =
    "55d-7ffe [rollup]\nRss:  9000 kB\nPss:  4000 kB\nPss_Anon: 1 kB\nPrivate_Clean: 10 kB\nPrivate_Dirty: 20 kB\n";
  expect(readRollup(text)).toEqual({ pssBytes: 4_096_000, privateBytes: 30_720 });
});

it("a command may hold brackets and spaces", () => {
  expect(readStat("12 (a) b (c)) S 7 12 12 0 -1")).toEqual({ pid: 12, parent: 7, command: "a) b (c)" });
});

it("a process that has ended has none", async () => {
  expect(await memoryOf(process.pid)).toMatchObject({ pssBytes: expect.any(Number) });
  expect(await memoryOf(4_194_305)).toBeNull();
});
