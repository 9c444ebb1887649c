const MIB = 1024 ** 2;

/** What Node needs beside V8's heap before a function has done anything: stacks, code, libuv's and V8's own memory. */
const BESIDE_HEAP_BYTES = 20 * MIB;
const SMALLEST_OLD_SPACE_MIB = 8;

/**
 * V8's heap limits for a cgroup's memory limit: below it, so that a plain JavaScript leak meets V8's limit, which
 * says what happened, before it meets the kernel's, which only kills.
 *
 * V8's young generation has three semi-spaces; its old one may overshoot while it is compacted.
 */
export function heapFlags(memoryBytes: number | null): string[] {
  if (memoryBytes === null) return [];
  const semiSpaceMib = Math.min(16, Math.max(1, Math.floor(memoryBytes / MIB / 64)));
  const room = (memoryBytes - BESIDE_HEAP_BYTES) / MIB - 3 * semiSpaceMib;
  const oldSpaceMib = Math.max(SMALLEST_OLD_SPACE_MIB, Math.floor(room * 0.85));
  return [`--max-old-space-size=${oldSpaceMib}`, `--max-semi-space-size=${semiSpaceMib}`];
}
