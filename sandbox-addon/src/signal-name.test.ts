import { expect, test } from "vitest";
import { signalName } from "./signal-name.ts";

test.each([
  [6, "SIGABRT"],
  [9, "SIGKILL"],
  [29, "SIGIO"],
  [31, "SIGSYS"],
  [34, "SIGRTMIN"],
  [40, "SIGRTMIN+6"],
])("signal %i is %s", (number, name) => {
  expect(signalName(number)).toBe(name);
});
