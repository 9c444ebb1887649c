import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { derivedFrom, withFigures } from "./readme.ts";
import { aReport } from "./test-report.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;

it("README.md and the plot are in step with the newest result: npm run bench -- --readme", async () => {
  for (const [path, text] of await derivedFrom(REPOSITORY))
    expect(await readFile(join(REPOSITORY, path), "utf8"), path).toBe(text);
});

it("the README keeps what stands around the figures, however often they are filled in", () => {
  const readme = "# M\n<!-- figures: npm run bench -- --readme -->\nold\n<!-- end of figures -->\nrest\n";
  const filled = withFigures(readme, aReport());
  expect(filled).toMatch(/^# M\n<!-- figures.*-->\nMeasured 2026-01-02 at commit abc123/);
  expect(filled).toContain("<!-- end of figures -->\nrest\n");
  expect(filled).not.toContain("old");
  expect(withFigures(filled, aReport())).toBe(filled);
});

it("says so where the README has no place for them", () => {
  expect(() => withFigures("# M\n", aReport())).toThrow("README.md has no");
});
