import type { Limits } from "@mayfly/contract";
import type { Rlimit } from "./messages.ts";

/** Too short for a core file; and, unlike 0, it keeps the host's core handler (a pipe in core_pattern) from being run. */
const CORE_BYTES = 1;
const OPEN_FILES = 1024;
/** Nothing here may pin memory; 0 makes mlock(2) answer EPERM and not ENOMEM. */
const LOCKED_BYTES = 0;

/** The resource limits of the main process: ours, and in their place those that the function's own limits name. */
export function rlimitsOf(limits: Limits): Rlimit[] {
  const all: Record<string, { soft: number; hard: number }> = {
    core: both(CORE_BYTES),
    // A sparse file is not counted by the tmpfs's size; its length is.
    fsize: both(limits.tmpfsBytes),
    nofile: both(OPEN_FILES),
    memlock: both(LOCKED_BYTES),
    ...limits.ulimits,
  };
  return Object.entries(all).map(([name, { soft, hard }]) => ({ name, soft, hard }));
}

function both(value: number) {
  return { soft: value, hard: value };
}
