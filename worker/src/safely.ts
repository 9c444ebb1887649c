import type { WorkerObserver } from "@mayfly/contract";
import type { Log } from "./deps.ts";

/** An observer that cannot break what it observes. */
export function safely(observer: WorkerObserver, log: Log): WorkerObserver {
  const guard = <A extends unknown[]>(tell: (...args: A) => void): ((...args: A) => void) => {
    return (...args) => {
      try {
        tell(...args);
      } catch (error) {
        log.warn({ err: error }, "the observer threw");
      }
    };
  };
  return {
    taken: guard((...args) => observer.taken(...args)),
    attemptEnded: guard((...args) => observer.attemptEnded(...args)),
    terminal: guard((...args) => observer.terminal(...args)),
    started: guard((...args) => observer.started(...args)),
    startFailed: guard((...args) => observer.startFailed(...args)),
    zygote: guard((...args) => observer.zygote(...args)),
  };
}
