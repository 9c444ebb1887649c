import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_CEILINGS, parseManifest } from "@mayfly/contract";
import { describe, expect, it } from "vitest";

const SAMPLES = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
  .map(({ name }) => name);

describe.each(SAMPLES)("%s", (name) => {
  const path = (file: string) => join(import.meta.dirname, name, file);
  const json = (file: string): unknown => JSON.parse(readFileSync(path(file), "utf8"));

  it("has a manifest that fits the default ceilings, says what it is, and is named as its folder", () => {
    const manifest = parseManifest(json("function.json"), DEFAULT_CEILINGS);
    expect(manifest.name).toBe(name);
    expect(manifest.description).toMatch(/\.$/);
    expect(existsSync(path(manifest.entry))).toBe(true);
  });

  it("names a schema that is there, so that editors complete the manifest", () => {
    const { $schema } = json("function.json") as { $schema: string };
    expect(existsSync(path($schema))).toBe(true);
  });

  it("has an example payload, and says how to call it", () => {
    expect(json("example.json")).toBeTypeOf("object");
    expect(readFileSync(path("README.md"), "utf8")).toContain(name);
  });
});
