import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Measured } from "./measure.ts";
import { goals, markdown, type Report, write } from "./report.ts";

const subject = (id: string, medianMs: number): Measured => ({
  id,
  title: `the ${id}`,
  what: "a test's",
  figures: [
    {
      inFlight: 1,
      calls: 9,
      medianMs,
      p99Ms: 99,
      wholeMedianMs: medianMs + 5,
      perSecond: 40,
      roundMediansMs: [medianMs],
      roundWholeMediansMs: [medianMs + 5],
    },
  ],
});
const missing: Measured = {
  id: "crun",
  title: "crun + node",
  what: "a test's",
  notMeasured: "not installed",
};

const report: Report = {
  date: "2026-01-02T03:04:05.000Z",
  commit: "abc123",
  host: {
    kernel: "6.1",
    cpu: "a CPU",
    cores: 2,
    memoryBytes: 8 * 1024 ** 3,
    cgroupMode: "v2",
    node: "v24",
    loadBefore: 0.5,
  },
  settings: { rounds: 4, trialMs: 900, inFlight: [1], budgetMs: 1 },
  subjects: [subject("mayfly-http", 30), subject("node", 20), subject("bubblewrap", 25), missing],
};

it("a row has median, p99, whole, rate, and the ratio to bare node with as many in flight", () => {
  expect(markdown(report)).toContain("| the mayfly-http | 1 | 30.0 | 99.0 | 35.0 | 40.0 | 1.50 |");
});

it("a peer without figures says why", () => {
  expect(markdown(report)).toContain("| crun + node | | not measured: not installed |");
});

it("the table begins with what is measured, and names host and commit", () => {
  const text = markdown(report);
  expect(text.indexOf("Measured:")).toBeLessThan(text.indexOf("| what |"));
  expect(text).toContain("commit abc123");
  expect(text).toContain("1 of 4 rounds");
  expect(text).toContain("cgroup v2, 2 cores (a CPU), 8.0 GiB");
});

it("a goal is met or missed by the medians of the result", () => {
  expect(goals(report.subjects)).toEqual([
    "goal, at most 1.5 × bare node: met with 1.50 (1.40 of the whole)",
    "goal, at most 1 × bubblewrap + node: MISSED with 1.20 (1.17 of the whole)",
  ]);
});

it("a goal whose other side was not measured is not known", () => {
  expect(goals([subject("mayfly-http", 30)])).toEqual([
    "bare node: not known, since it was not measured",
    "bubblewrap + node: not known, since it was not measured",
  ]);
  expect(goals([missing])[0]).toContain("not known");
});

it("a report is written as JSON by date and commit, and as the latest table", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-report-"));
  try {
    await write(report, folder);
    expect((await readdir(folder)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "2026-01-02-abc123.json",
      "latest.md",
    ]);
    expect(JSON.parse(await readFile(join(folder, "2026-01-02-abc123.json"), "utf8"))).toEqual(report);
  } finally {
    await rm(folder, { recursive: true });
  }
});
