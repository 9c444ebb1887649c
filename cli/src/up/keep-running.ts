import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "./launch-program.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** One that has lived this long failed for a new reason. */
const HEALTHY_AFTER_MS = 60_000;

export interface Kept {
  /** The process that runs now; of one that is just being started again, the last one's. */
  readonly pid: number;
  /** Ends it for good. */
  stop(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  /** The first one, which has proved that it can run. */
  readonly first: Instance;
  readonly again: () => Promise<Instance>;
  readonly say: (sentence: string) => void;
  /** Called after each start but the first. */
  readonly started?: () => void;
  readonly firstPauseMs?: number;
}

/** Starts a part again whenever it dies, after a pause that doubles while it keeps dying. */
export function keepRunning({
  name,
  first,
  again,
  say,
  started,
  firstPauseMs = FIRST_PAUSE_MS,
}: KeepOptions): Kept {
  const stopping = new AbortController();
  let instance = first;
  let pauseMs = firstPauseMs;

  const kept = (async () => {
    for (;;) {
      const startedAt = performance.now();
      const reason = await instance.exited;
      if (stopping.signal.aborted) return;
      if (performance.now() - startedAt > HEALTHY_AFTER_MS) pauseMs = firstPauseMs;
      say(`The ${name} ended (${reason}). It is started again in ${pauseMs / 1000} s.`);
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      instance = await again().catch((error: unknown) => neverStarted(error));
      if (stopping.signal.aborted) return instance.stop();
      started?.();
    }
  })();

  return {
    get pid() {
      return instance.pid;
    },
    async stop() {
      stopping.abort();
      await instance.stop();
      await kept;
    },
  };
}

/** One that could not be started at all counts as one that ended at once. */
function neverStarted(error: unknown): Instance {
  const reason = error instanceof Error ? error.message : String(error);
  return { pid: -1, exited: Promise.resolve(reason), stop: async () => {} };
}
