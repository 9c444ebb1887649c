/** The limits of every subject that has any, Mayfly's and crun's alike. */
export const LIMITS = {
  cpus: 2,
  memoryBytes: 128 * 1024 ** 2,
  pids: 64,
  tmpfsBytes: 64 * 1024 ** 2,
} as const;
