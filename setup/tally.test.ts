import { expect, test } from "vitest";
import { judgeSkips } from "./allowed-skips.js";
import { readTap, sum, tallyLine } from "./tally.js";

test("TAP is counted, skips with their reasons", () => {
  const lines = ["# build/test/a", "ok 1 - a", "not ok 2 - b", "ok 3 - c # SKIP no root", "1..3", "noise"];
  expect(readTap(lines, 1)).toEqual({ passed: 1, failed: 1, skipped: [{ name: "c", reason: "no root" }] });
});

test("a program that skips all of it is a skip under its own name", () => {
  expect(readTap(["# build/test/b", "1..0 # SKIP not v2"], 0)).toEqual({
    passed: 0,
    failed: 0,
    skipped: [{ name: "build/test/b", reason: "not v2" }],
  });
});

test("a program that crashed counts as a failure, whatever it had said before", () => {
  expect(readTap(["ok 1 - a"], 2).failed).toBe(1);
  expect(readTap(["ok 1 - a"], 0).failed).toBe(1);
  expect(readTap(["ok 1 - a", "1..2"], 0).failed).toBe(1);
  expect(readTap([], 2).failed).toBe(1);
  expect(readTap(["ok 1 - a", "1..1", "ok 1 - b", "1..1"], 0)).toEqual({ passed: 2, failed: 0, skipped: [] });
});

test("the last line tells all suites together", () => {
  const skipped = [{ name: "x", reason: "" }];
  expect(
    tallyLine(
      sum([
        { passed: 2, failed: 0, skipped: [] },
        { passed: 1, failed: 1, skipped },
      ]),
    ),
  ).toBe("3 passed, 1 failed, 1 skipped");
  expect(tallyLine(sum([]))).toBe("0 passed, 0 failed");
});

test("a skip that is not on the list is refused", () => {
  const skipped = [
    { name: "a > needs a GPU", reason: "" },
    { name: "b", reason: "no Redis" },
  ];
  const { allowed, refused } = judgeSkips(skipped, [{ test: /GPU/, because: "nobody has one" }]);
  expect(allowed).toEqual([{ name: "a > needs a GPU", reason: "", because: "nobody has one" }]);
  expect(refused).toEqual([{ name: "b", reason: "no Redis", because: null }]);
});
