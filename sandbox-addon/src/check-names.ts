import { SandboxError } from "./errors.ts";
import type { SandboxesOptions } from "./types.ts";

type Names = Pick<SandboxesOptions, "cgroupParent" | "workerId" | "hostUid">;

/**
 * The names become directories, in every hierarchy.
 *
 * @throws SandboxError `invalidSpec`
 */
export function checkNames({ cgroupParent, workerId, hostUid }: Names): void {
  if (!Number.isInteger(hostUid) || hostUid < 1) {
    throw new SandboxError(
      "invalidSpec",
      `The host uid ${hostUid} is not to be used: name one that owns nothing.`,
    );
  }
  if (!/^[A-Za-z0-9][\w.-]*$/.test(workerId)) {
    throw new SandboxError(
      "invalidSpec",
      `The worker's id ${JSON.stringify(workerId)} is no name for a directory.`,
      { remedy: 'Use letters, digits, ".", "_" and "-".' },
    );
  }
  const parts = cgroupParent.replace(/^\//, "").split("/");
  if (parts.some((part) => !/^[\w.@:-]+$/.test(part) || part.startsWith("."))) {
    throw new SandboxError(
      "invalidSpec",
      `The cgroup parent ${JSON.stringify(cgroupParent)} is no path of plain names.`,
      { remedy: 'Give MAYFLY_CGROUP_PARENT such as "mayfly" or "/system.slice/mayfly".' },
    );
  }
}
