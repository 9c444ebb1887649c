import { expect, test } from "vitest";
import { matches } from "./npm-packages.js";

const a = { version: "1.0.0", integrity: "sha512-a" };
const wanted = { "": {}, cli: {}, "node_modules/a": a, "node_modules/@mayfly/cli": { link: true } };
const onDisk = () => true;

test("node_modules that holds what is locked needs no npm ci", () => {
  expect(matches(wanted, { "node_modules/a": a, "node_modules/@mayfly/cli": { link: true } }, onDisk)).toBe(
    true,
  );
});

test("an optional package for another system may be absent", () => {
  const withOptional = { "node_modules/a": a, "node_modules/b-darwin": { version: "1.0.0", optional: true } };
  expect(matches(withOptional, { "node_modules/a": a }, onDisk)).toBe(true);
});

test.each([
  ["is missing", {}, onDisk],
  ["has another version", { "node_modules/a": { ...a, version: "1.0.1" } }, onDisk],
  ["has other content", { "node_modules/a": { ...a, integrity: "sha512-b" } }, onDisk],
  ["was removed by hand", { "node_modules/a": a }, (path: string) => path !== "node_modules/a"],
  ["is not wanted any more", { "node_modules/a": a, "node_modules/old": a }, onDisk],
  ["comes without the pinned Node", { "node_modules/a": a }, (path: string) => !path.includes(".bin")],
])("a package that %s needs one", (_, present, disk) => {
  expect(matches({ "node_modules/a": a }, present, disk)).toBe(false);
});
