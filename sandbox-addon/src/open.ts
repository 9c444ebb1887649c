import { controllersOfWalls, refuseMissingWalls } from "./enforcement.ts";
import { SandboxError } from "./errors.ts";
import { loadNative } from "./native.ts";
import { compileFilters } from "./profiles.ts";
import { LauncherSandboxes } from "./sandboxes.ts";
import type { Sandboxes, SandboxesOptions } from "./types.ts";

/**
 * Starts a launcher and makes the cgroup directories of this worker. What an earlier holder of the same parent left
 * behind by dying is removed first.
 *
 * @throws SandboxError `notBuilt`, `openFailed` (also where the worker's id is open already), or `cannotEnforce`
 * @example
 * const sandboxes = await openSandboxes({ cgroupParent: "mayfly", workerId: "w1", allowWithout: [],
 *   hostUid: 65533, debugHoldMs: 0 });
 */
export async function openSandboxes(options: SandboxesOptions): Promise<Sandboxes> {
  checkNames(options);
  const native = loadNative();
  const filters = compileFilters(native);
  const sandboxes = new LauncherSandboxes(native, options.onLost ?? (() => undefined));
  try {
    const opened = await sandboxes.open({
      cgroupParent: options.cgroupParent,
      workerId: options.workerId,
      cgroupMode: options.cgroupMode ?? "",
      allowWithout: controllersOfWalls(options.allowWithout),
      hostUid: options.hostUid,
      hostGid: options.hostUid,
      debugHoldMs: options.debugHoldMs,
      filters,
    });
    refuseMissingWalls(opened, options.allowWithout);
    return sandboxes;
  } catch (error) {
    await sandboxes.close();
    throw error;
  }
}

/** The names become directories, in every hierarchy. */
function checkNames({ cgroupParent, workerId, hostUid }: SandboxesOptions): void {
  if (!Number.isInteger(hostUid) || hostUid < 1) {
    throw new SandboxError(
      "invalidSpec",
      `The host uid ${hostUid} is not to be used: name one that owns nothing.`,
    );
  }
  if (!/^[A-Za-z0-9][\w.-]*$/.test(workerId)) {
    throw new SandboxError(
      "invalidSpec",
      `The worker's id ${JSON.stringify(workerId)} is no name for a directory: use letters, digits, ".", "_" and "-".`,
    );
  }
  const parts = cgroupParent.replace(/^\//, "").split("/");
  if (parts.some((part) => !/^[\w.@:-]+$/.test(part) || part.startsWith("."))) {
    throw new SandboxError(
      "invalidSpec",
      `The cgroup parent ${JSON.stringify(cgroupParent)} is no path of plain names, such as "mayfly" or "/system.slice/mayfly".`,
    );
  }
}
