import { constants } from "node:os";
import { SandboxError, type SandboxErrorCode } from "./errors.ts";
import type { FailedMessage } from "./messages.ts";

const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** Where the launcher gave no remedy of its own. */
const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: "The worker needs root (CAP_SYS_ADMIN), or a kernel that allows user namespaces",
  EACCES:
    "The worker needs root, or a cgroup that was delegated to it; and the host uid must be able to read the path",
  ENOENT: "Check that the path is there, and for a program that its interpreter is, too",
  ENOEXEC: "The file is no program for this machine; a script needs its interpreter's line",
  ENOSPC: "Raise user.max_user_namespaces and its siblings (sysctl), or wait for other sandboxes to end",
  ENOMEM: "The machine or the worker's own cgroup is out of memory",
  EAGAIN: "The worker may start no more processes; raise its pids limit",
  EMFILE: "The worker may open no more files; raise its nofile limit",
  EBUSY: "Somebody else uses it; a worker's id can be open once",
  ENOSYS: "The kernel is too old: 5.12 or newer is needed",
  ETIMEDOUT: "The machine is overloaded",
  ECANCELED: "It was ended before it had begun",
};

/** The launcher's name for the making of a copy (native/launch/zygote.h). */
const ZYGOTE_STEP = "zygote";

export function isZygotes({ step }: FailedMessage): boolean {
  return step === ZYGOTE_STEP;
}

/** Makes an error of the launcher's facts. `subject` is such as "Could not set up the sandbox". */
export function toSandboxError(code: SandboxErrorCode, subject: string, failed: FailedMessage): SandboxError {
  const errno = ERRNO_NAMES.get(failed.error) ?? `errno ${failed.error}`;
  const remedy = failed.hint === "" ? REMEDIES[errno] : failed.hint;
  return new SandboxError(code, `${subject}: step "${failed.step}" failed with ${errno}.`, {
    step: failed.step,
    index: failed.index,
    errno,
    remedy: remedy === undefined ? undefined : sentence(remedy),
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
