import { availableParallelism, hostname, totalmem } from "node:os";
import { resolve } from "node:path";
import { readEnvironment } from "@mayfly/contract";
import type { ZygoteTuning } from "@mayfly/runtimes";
import { WALLS, type Wall } from "@mayfly/sandbox-addon";

/** What the worker is told by its environment. */
export interface WorkerConfig {
  /** The ids to try, in order: one that was given, or this host's with the first free number. */
  readonly workerIds: readonly string[];
  readonly redisUrl: string;
  readonly dataDir: string;
  /** 32 bytes in hexadecimal; undefined: a file in the data folder. */
  readonly secretKey: string | undefined;
  readonly retentionMs: number;
  readonly slots: number;
  readonly lockMs: number;
  readonly drainMs: number;
  readonly cgroupParent: string;
  readonly allowWithout: readonly Wall[];
  readonly sandboxUid: number;
  readonly debugHoldMs: number;
  /** What all zygotes may take together; 0: every call boots. */
  readonly zygoteMemoryBytes: number;
  readonly zygoteMaxForks: number;
  readonly zygoteMaxAgeMs: number;
  readonly zygoteTuning: ZygoteTuning;
  readonly snapshots: number;
  readonly parked: number;
  readonly metricsHost: string;
  readonly metricsPort: number;
  readonly logLevel: string;
}

const MAX_WORKERS_OF_A_HOST = 64;
/** Of zygotes, which a large machine could hold many more of than it has use for. */
const MOST_BY_DEFAULT = 2 * 1024 ** 3;

/** @throws Error whose message names each variable that is wrong, and why */
export function readConfig(env: Readonly<Record<string, string | undefined>>): WorkerConfig {
  const given = readEnvironment(env);
  if (given.MAYFLY_REDIS_URL === undefined) {
    throw new Error(
      "MAYFLY_REDIS_URL is not set, so the worker does not know its Redis. Set it (redis://, rediss:// or unix:///path), or run `mayfly up`, which starts a private one.",
    );
  }
  return {
    workerIds: given.MAYFLY_WORKER_ID === undefined ? idsOfThisHost() : [given.MAYFLY_WORKER_ID],
    redisUrl: given.MAYFLY_REDIS_URL,
    dataDir: resolve(given.MAYFLY_DATA_DIR),
    secretKey: given.MAYFLY_SECRET_KEY,
    retentionMs: given.MAYFLY_RETENTION_HOURS * 3_600_000,
    slots: given.MAYFLY_CONCURRENCY ?? 2 * availableParallelism(),
    lockMs: given.MAYFLY_LOCK_MS,
    drainMs: given.MAYFLY_DRAIN_MS,
    cgroupParent: given.MAYFLY_CGROUP_PARENT,
    allowWithout: readWalls(given.MAYFLY_ALLOW_WITHOUT),
    sandboxUid: given.MAYFLY_SANDBOX_UID,
    debugHoldMs: given.MAYFLY_DEBUG_HOLD_MS,
    zygoteMemoryBytes: given.MAYFLY_ZYGOTE_MEMORY ?? Math.min(totalmem() / 4, MOST_BY_DEFAULT),
    zygoteMaxForks: given.MAYFLY_ZYGOTE_MAX_FORKS,
    zygoteMaxAgeMs: given.MAYFLY_ZYGOTE_MAX_AGE_MS,
    zygoteTuning: {
      hugePages: given.MAYFLY_ZYGOTE_TUNING.includes("hugePages"),
      compactHeap: given.MAYFLY_ZYGOTE_TUNING.includes("compactHeap"),
      rehearsedCopies: given.MAYFLY_ZYGOTE_TUNING.includes("rehearsedCopies"),
    },
    snapshots: given.MAYFLY_SNAPSHOTS,
    parked: given.MAYFLY_PARKED,
    metricsHost: given.MAYFLY_WORKER_METRICS_HOST,
    metricsPort: given.MAYFLY_WORKER_METRICS_PORT,
    logLevel: given.MAYFLY_LOG_LEVEL,
  };
}

function idsOfThisHost(): string[] {
  const host = hostname()
    .replace(/[^\w.-]/g, "-")
    .slice(0, 56);
  return Array.from({ length: MAX_WORKERS_OF_A_HOST }, (_, at) => `${host}-${at + 1}`);
}

function readWalls(names: readonly string[]): Wall[] {
  return names.map((name) => {
    const wall = WALLS.find((known: Wall) => known === name);
    if (wall === undefined)
      throw new Error(
        `The environment is not right: MAYFLY_ALLOW_WITHOUT names "${name}", which is no wall; known are ${WALLS.join(", ")}.`,
      );
    return wall;
  });
}
