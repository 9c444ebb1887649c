import { expect, it } from "vitest";
import { goalsOf, sentenceOf, verdictOf } from "./goals.ts";
import { aReport } from "./test-report.ts";

const sentences = (...change: Parameters<typeof aReport>) => goalsOf(aReport(...change)).map(sentenceOf);

it("a goal is met or missed by what was measured", () => {
  expect(sentences()).toContain("times faster than bubblewrap + node at p50: at least 12: met with 15.0");
  expect(sentences({ closed: aReport().closed.map((one) => ({ ...one })), open: [] })).toContain(
    "hello over HTTP, sustained: calls per second: at least 350: not measured",
  );
});

it("a goal whose other side was not measured is not known", () => {
  expect(sentences()).toContain("times faster than crun + node at p50: at least 12: not measured");
});

it.each([
  ["less", 1, "met"],
  ["less", 3, "MISSED"],
  ["more", 3, "met"],
  ["more", 1, "MISSED"],
] as const)("where %s is better, %i against 2 is %s", (better, measured, verdict) => {
  expect(verdictOf({ what: "x", limit: 2, better, measured })).toBe(verdict);
});
