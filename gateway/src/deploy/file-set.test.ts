import { DEPLOY_MAX_DEPTH, DEPLOY_MAX_FILES, DEPLOY_MAX_FOLDERS } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { FileSet } from "./file-set.ts";

const bytes = Buffer.from("x");
const add = (...paths: string[]) => {
  const files = new FileSet();
  for (const path of paths) files.add(path, bytes, false);
  return files.list().map(({ path }) => path);
};

test("paths are kept as they lie below the folder", () => {
  expect(add("./index.ts", "lib//a.ts", "lib/./b.ts", "漢/é.txt", "..hidden", "a..b")).toEqual([
    "index.ts",
    "lib/a.ts",
    "lib/b.ts",
    "漢/é.txt",
    "..hidden",
    "a..b",
  ]);
});

test("of a mode only the owner's x is kept", () => {
  const files = new FileSet();
  files.add("run", bytes, true);
  files.add("data", bytes, false);
  expect(files.list().map(({ mode }) => mode.toString(8))).toEqual(["755", "644"]);
});

describe("a path is refused", () => {
  test.each<[string, string[], RegExp]>([
    ["when it is absolute", ["/etc/passwd"], /absolute/],
    ["when it leads out", ["../evil.ts"], /"\.\.\/evil\.ts".*leads out/],
    ["when it leads out in the middle", ["a/../../b"], /leads out/],
    ["when it leads back in", ["a/../b"], /leads out/],
    ["when it has a NUL", ["a\0.ts"], /control/],
    ["when it has an escape sequence, which is shown escaped", ["\x1b[2J"], /"\\u001b\[2J"/],
    ["when it names nothing", ["./"], /names no file/],
    ["when a name is too long", ["a".repeat(256)], /too long/],
    ["when all of it is too long", [`${`${"a".repeat(99)}/`.repeat(41)}b`], /too long/],
    ["when it is too deep", [`${"a/".repeat(DEPLOY_MAX_DEPTH)}b`], /levels deep/],
    ["when it is what the bundler's folder is called", [".mayfly"], /reserved/],
    ["when it is there twice", ["a.ts", "./a.ts"], /twice/],
    ["when it is a folder already", ["a/b", "a"], /both a file and a folder/],
    ["when a file stands where it needs a folder", ["a", "a/b/c"], /"a" is a file/],
  ])("%s", (_title, paths, message) => {
    expect(() => add(...paths)).toThrow(expect.objectContaining({ code: "invalidRequest" }));
    expect(() => add(...paths)).toThrow(message);
  });
});

test("one entry more than are allowed is too much, folders counted", () => {
  const files = new FileSet();
  for (let i = 0; i < DEPLOY_MAX_FILES; i++) files.addFolder(`d${i}`);
  expect(() => files.addFolder("one-more")).toThrow(expect.objectContaining({ code: "payloadTooLarge" }));
});

test("a few files that need many folders are too much", () => {
  const deep = "a/".repeat(DEPLOY_MAX_DEPTH - 2);
  const paths = Array.from({ length: DEPLOY_MAX_FOLDERS / 50 }, (_, i) => `${i}/${deep}f`);
  expect(() => add(...paths)).toThrow(expect.objectContaining({ code: "payloadTooLarge" }));
  expect(() => add(...paths)).toThrow(/folders/);
});
