import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compile } from "./support/bare-call.ts";

const { compileBundle } = createRequire(import.meta.url)("../nodejs/runner/compile-bundle.cjs");

const folder = mkdtempSync(join(tmpdir(), "mayfly-compile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SCRIPT = "/function/index.ts";

function write(name: string, code: string): string {
  writeFileSync(join(folder, name), code);
  return join(folder, name);
}

test("a bundle is compiled ahead without being run, and V8 takes what came of it", () => {
  const mark = join(folder, "ran");
  const code = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, ""); exports.default = () => 1;`;
  const cachedData = compile(write("bundle.cjs", code), SCRIPT);
  expect(() => readFileSync(mark)).toThrow(/ENOENT/);
  expect(compileBundle(code, SCRIPT, { cachedData }).cachedDataRejected).toBe(false);
});

test("what another bundle's compilation made is rejected", () => {
  const cachedData = compile(write("other.cjs", "exports.default = () => 12;"), SCRIPT);
  expect(compileBundle("exports.default = () => 1;", SCRIPT, { cachedData }).cachedDataRejected).toBe(true);
});

test("a bundle that does not parse has no cache", () => {
  expect(() => compile(write("broken.cjs", "exports.default = (;"), SCRIPT)).toThrow(/SyntaxError/);
});
