import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { markdown } from "./markdown.ts";
import { newestReport, write } from "./results.ts";
import { aReport } from "./test-report.ts";

it("a row has the latencies, the rate, the CPU, and the ratio to bare node with as many in flight", () => {
  expect(markdown(aReport())).toContain(
    "| the mayfly-fork | 1 | 9 | 2.00 | 4.00 | 6.00 | 7.00 | 500 | 1.00 | 0.10 | 0.10 | – |",
  );
});

it("a peer without figures says why", () => {
  expect(markdown(aReport())).toContain("| crun + node | – | – | not measured: not installed |");
});

it("the text begins with what is measured, and names host, rounds and commit", () => {
  const text = markdown(aReport());
  expect(text.indexOf("Every result")).toBeLessThan(text.indexOf("| what |"));
  expect(text).toContain("commit abc123, 14.5 minutes");
  expect(text).toContain("1 of 1 rounds");
  expect(text).toContain("cgroup v2, 2 cores (a CPU), 8.0 GiB");
});

it("what nobody asked for is not there, and what failed says why", () => {
  expect(markdown(aReport())).not.toContain("Memory at rest");
  expect(markdown(aReport({ memory: { notMeasured: "no zygote" } }))).toContain(
    "## Memory at rest\n\nNot measured: no zygote",
  );
});

it("a report is written as JSON by date and commit, and as the latest text; the newest one is found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-report-"));
  try {
    await writeFile(join(folder, "2027-01-01-older-format.json"), '{"date":"2027"}');
    await write(aReport({ commit: "old", date: "2026-01-01T00:00:00.000Z" }), folder);
    await write(aReport(), folder);
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(["2026-01-02-abc123.json", "2026-01-01-old.json", "latest.md"]),
    );
    expect(await newestReport(folder)).toEqual(aReport());
  } finally {
    await rm(folder, { recursive: true });
  }
});
