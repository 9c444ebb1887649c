import type { Manifest, Outcome } from "@mayfly/contract";
import { FUNCTION_DIR } from "@mayfly/runtimes";
import { SandboxError } from "@mayfly/sandbox-addon";

/**
 * What execve(2) says of a file that came with the function and is no program. The entry is known to be there, so that
 * ENOENT is about the interpreter that it names.
 */
const WHY: Readonly<Record<string, string>> = {
  ENOEXEC:
    "it is no program for this machine. Begin a script with the line of its interpreter, such as #!/bin/sh",
  ENOENT:
    "the interpreter of its first line, or the loader that it was linked for, is not on the worker. Name one that is, or link it statically",
};

/**
 * The outcome where an executable of the function's own could not be executed: its author must mend it, and no other
 * worker would do better.
 *
 * @returns null for what we failed at
 */
export function unstartable(error: unknown, { runtime, entry }: Manifest): Outcome | null {
  if (runtime !== "exec" || !(error instanceof SandboxError)) return null;
  const why = WHY[error.errno];
  if (why === undefined || error.step !== `execute ${FUNCTION_DIR}/${entry}`) return null;
  const errorMessage = `${entry} cannot be executed (${error.errno}): ${why}.`;
  return { kind: "functionError", message: errorMessage, errorType: "NotExecutable", errorMessage };
}
