import { checkNames } from "./check-names.ts";
import { controllersOfWalls, refuseMissingWalls } from "./enforcement.ts";
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
