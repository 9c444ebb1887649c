import { expect, it } from "vitest";
import { isOurFailure, OUTCOME_KINDS, outcomeSchema, statusOf } from "./outcome.ts";

it("outcomes stand in their order of precedence", () => {
  const documented = [
    "cancelled",
    "timedOut",
    "cpuTimeExceeded",
    "outOfMemory",
    "syscallDenied",
    "heapOutOfMemory",
    "pidsExhausted",
    "diskFull",
    "outputTooLarge",
    "signalled",
    "exited",
    "functionError",
  ];
  expect(OUTCOME_KINDS.filter((kind) => documented.includes(kind))).toEqual(documented);
});

it.each([
  [200, ["ok"]],
  [499, ["cancelled"]],
  [504, ["timedOut", "cpuTimeExceeded", "expired"]],
  [503, ["workerLost", "systemFailure"]],
] as const)("%i answers exactly %j", (status, kinds) => {
  expect(new Set(OUTCOME_KINDS.filter((kind) => statusOf(kind) === status))).toEqual(new Set(kinds));
});

it("whatever else a function does is answered 500", () => {
  const others = OUTCOME_KINDS.filter((kind) => ![200, 499, 503, 504].includes(statusOf(kind)));
  expect(others).toHaveLength(9);
  expect(others.every((kind) => statusOf(kind) === 500)).toBe(true);
});

it("only what we failed at is our failure", () => {
  expect(OUTCOME_KINDS.filter(isOurFailure)).toEqual(["workerLost", "systemFailure"]);
});

it("an outcome of an unknown kind is none", () => {
  expect(outcomeSchema.safeParse({ kind: "exploded" }).success).toBe(false);
  expect(outcomeSchema.parse({ kind: "exited", exitCode: 3 })).toEqual({ kind: "exited", exitCode: 3 });
});
