import type { Limits } from "@mayfly/contract";
import type { Rlimit } from "./messages.ts";

const NO_CORE = 0;
const OPEN_FILES = 1024;
/** Nothing here may pin memory; 0 makes mlock(2) answer EPERM and not ENOMEM. */
const LOCKED_BYTES = 0;

/** The resource limits of the main process: ours, and in their place those that the function's own limits name. */
export function rlimitsOf(limits: Limits): Rlimit[] {
  const all: Record<string, { soft: number; hard: number }> = {
    core: both(NO_CORE),
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
