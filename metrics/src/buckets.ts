/**
 * Bucket bounds. A sandbox starts in a millisecond and a function may run for minutes, so times are dense from 1 ms to
 * 1 s and sparse above; each bound costs one series per function.
 */

/** Of a whole call, and of the handler's own run. */
export const CALL_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
];

/** Of waiting for a slot: below a millisecond nothing waited. */
export const WAIT_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1800,
];

/** Of one phase of an attempt: finer below, since set-up and tear-down are what we answer for. */
export const PHASE_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 900,
];

export const CPU_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300];

const MIB = 1024 ** 2;

/** Powers of two from 4 MiB, the least a manifest can ask for, to 4 GiB, the default ceiling. */
export const MEMORY_BYTES = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map((mib) => mib * MIB);

export const NETWORK_BYTES = [0, 1024, 16 * 1024, 256 * 1024, MIB, 16 * MIB, 256 * MIB];

/** A Node process is about ten threads; 64 is the default limit, 4096 the default ceiling. */
export const PIDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];
