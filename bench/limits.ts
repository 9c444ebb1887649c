/** The limits of every subject that has any, Mayfly's and the containers' alike. */
export const LIMITS = {
  cpus: 2,
  memoryBytes: 128 * 1024 ** 2,
  pids: 64,
  tmpfsBytes: 64 * 1024 ** 2,
} as const;

/** The same, as function.json has them. */
export const MANIFEST_LIMITS = {
  cpus: LIMITS.cpus,
  memory: LIMITS.memoryBytes,
  pidsLimit: LIMITS.pids,
  tmpfsSize: LIMITS.tmpfsBytes,
} as const;
