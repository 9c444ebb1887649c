import { expect, test } from "vitest";
import { FunctionNames, OTHER_FUNCTIONS } from "./function-names.ts";

test("functions above the cap share one label", () => {
  const names = new FunctionNames(2);
  expect(["a", "b", "c", "a"].map((name) => names.admit(name).label)).toEqual([
    "a",
    "b",
    OTHER_FUNCTIONS,
    "a",
  ]);
});

test("a function is new once", () => {
  const names = new FunctionNames(2);
  expect(names.admit("a").isNew).toBe(true);
  expect(names.admit("a").isNew).toBe(false);
});

test("a deleted function makes room for another", () => {
  const names = new FunctionNames(1);
  names.admit("a");
  expect(names.retain(["b"])).toEqual(["a"]);
  expect(names.admit("b")).toEqual({ label: "b", isNew: true });
});
