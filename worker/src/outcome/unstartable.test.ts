import { SandboxError } from "@mayfly/sandbox-addon";
import { expect, test } from "vitest";
import { unstartable } from "./unstartable.ts";

const manifest = { runtime: "exec", entry: "run.sh" } as Parameters<typeof unstartable>[1];
const failed = (step: string, errno: string) => new SandboxError("stepFailed", "It failed.", { step, errno });

test("a file that is no program is the function's failure, and says what it needs", () => {
  const outcome = unstartable(failed("execute /function/run.sh", "ENOEXEC"), manifest);
  expect(outcome).toMatchObject({ kind: "functionError", errorType: "NotExecutable" });
  expect(outcome?.message).toContain("run.sh cannot be executed (ENOEXEC)");
  expect(outcome?.message).toContain("#!/bin/sh");
});

test.each([
  ["another step", failed("attach /proc", "ENOENT"), manifest],
  ["a lack of memory", failed("execute /function/run.sh", "ENOMEM"), manifest],
  ["an error of another kind", new Error("no"), manifest],
  [
    "a runtime's own program",
    failed("execute /function/run.sh", "ENOENT"),
    { ...manifest, runtime: "python3" as const },
  ],
])("%s is ours", (_title, error, of) => {
  expect(unstartable(error, of)).toBeNull();
});
