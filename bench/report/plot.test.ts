import { expect, it } from "vitest";
import { plotOf } from "./plot.ts";
import { aReport } from "./test-report.ts";

it("each function has a line of p50 and one of p99, with a point for every rate that held", () => {
  const svg = plotOf(aReport());
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg.match(/<circle/g)).toHaveLength(4);
  expect(svg).not.toContain("NaN");
});

it("a rate that did not hold is not shown, and one that was looked at twice is shown once", () => {
  const [one] = aReport().open;
  if (!one || !("windows" in one)) throw new Error("no windows");
  const windows = one.windows.flatMap((window) => [
    window,
    { ...window, perSecond: 9, sustained: false },
    window,
  ]);
  expect(plotOf(aReport({ open: [{ ...one, windows }] })).match(/<circle/g)).toHaveLength(4);
});

it("words are text, not markup", () => {
  const open = aReport().open.map((one) => ({ ...one, title: "a < b & c" }));
  expect(plotOf(aReport({ open }))).toContain(">a &lt; b &amp; c</text>");
});

it("without any rate it is still a picture", () => {
  expect(plotOf(aReport({ open: [] }))).not.toContain("NaN");
});
