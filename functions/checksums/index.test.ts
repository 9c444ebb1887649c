import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };
import checksums from "./index.ts";

it("sums the example's files, and tells which is as expected", async () => {
  expect(await checksums(example)).toEqual([
    { name: "abc.txt", sha256: example.expected["abc.txt"], matches: true },
    { name: "empty", sha256: createHash("sha256").digest("hex"), matches: false },
    { name: "--help", sha256: createHash("sha256").update("mayfly").digest("hex") },
  ]);
});

it("leaves nothing in /tmp", async () => {
  const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith("checksums-"));
  const before = ours();
  await checksums({ files: { a: "YQ==" } });
  expect(ours()).toEqual(before);
});

it("says what it takes where there are no files", async () => {
  await expect(checksums({ files: {} })).rejects.toThrow("files is empty");
});
