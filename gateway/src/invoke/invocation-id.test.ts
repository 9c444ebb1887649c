import { expect, test } from "vitest";
import { isInvocationId, newInvocationId } from "./invocation-id.ts";

test("ids are UUIDv7: unique, and in the order of time", () => {
  const ids = Array.from({ length: 1000 }, (_, i) => newInvocationId(1_800_000_000_000 + i));
  expect(new Set(ids).size).toBe(1000);
  expect(ids.every((id, i) => i === 0 || (ids[i - 1] ?? "") < id)).toBe(true);
  expect(ids.every(isInvocationId)).toBe(true);
  expect(Number.parseInt(ids[7]?.replaceAll("-", "").slice(0, 12) ?? "", 16)).toBe(1_800_000_000_007);
});

test("a producer's job is <function>~<job id>", () => {
  expect(isInvocationId("add~17")).toBe(true);
  expect(isInvocationId("add~repeat:daily:1800000000000")).toBe(true);
  for (const wrong of ["", "17", "~17", "add~", "ADD~1", "../x~1", `add~${"x".repeat(256)}`])
    expect(isInvocationId(wrong), wrong).toBe(false);
});
