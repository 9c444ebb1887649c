const MIB = 1024 ** 2;

/**
 * V8's heap limits are fixed when its runtime boots, so that a zygote's copies have those of the zygote. Two steps to
 * each doubling: whatever memory a function has, its heap is at least two thirds of what a boot would give it.
 */
const LADDER_MIB = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];

/** The memory limit that a zygote's heap flags are made for, in bytes; null: without a limit. */
export type MemoryClass = number | null;

/**
 * The greatest class that fits into a function's memory, so that a leak still meets V8's limit before the kernel's.
 *
 * @returns "none" below the least of them: with so little, whatever a runtime may do about its heap counts
 */
export function memoryClassOf(memoryBytes: number | null): MemoryClass | "none" {
  if (memoryBytes === null) return null;
  const mib = LADDER_MIB.findLast((step) => step * MIB <= memoryBytes);
  return mib === undefined ? "none" : mib * MIB;
}
