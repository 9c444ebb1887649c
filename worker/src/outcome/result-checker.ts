import { Worker } from "node:worker_threads";
import { checkResult, type ResultCheck } from "./check-result.ts";
import type { CheckRequest } from "./check-result-thread.ts";

/** Up to here parsing takes about a millisecond; more is parsed beside the event loop. */
const INLINE_BYTES = 256 * 1024;
/** More than the largest result takes that is parsed at all, on whatever machine: V8's own choice follows its memory. */
const HEAP_MIB = 2048;

const THREAD = new URL("./check-result-thread.ts", import.meta.url);

export interface ResultChecker extends AsyncDisposable {
  /** Rejects where the check itself failed, which says nothing of the result. */
  check(json: Buffer, isHttpResponse: boolean): Promise<ResultCheck>;
}

interface Job {
  readonly request: CheckRequest;
  readonly resolve: (check: ResultCheck) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Checks results, large ones on a thread of its own that is started when the first of them comes. It is given one at a
 * time, so that a thread that ends takes no other result with it, and one parsed result is in memory at the most.
 */
export function createResultChecker(threadFile: URL = THREAD): ResultChecker {
  let thread: Worker | null = null;
  let atHand: Job | null = null;
  const waiting: Job[] = [];

  const start = (): Worker => {
    const started = new Worker(threadFile, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
    let failure = new Error("The thread that checks results has ended.");
    started.on("message", (check: ResultCheck) => {
      atHand?.resolve(check);
      next();
    });
    started.on("error", (cause) => {
      failure = new Error("The thread that checks results has failed.", { cause });
    });
    started.on("exit", () => {
      thread = null;
      atHand?.reject(failure);
      next();
    });
    return started;
  };
  const next = (): void => {
    atHand = waiting.shift() ?? null;
    if (atHand === null) {
      thread?.unref();
      return;
    }
    thread ??= start();
    thread.ref();
    // The bytes are copied over: 6 MiB take a millisecond, parsing them takes fifty.
    thread.postMessage(atHand.request);
  };

  return {
    async check(json, isHttpResponse) {
      if (json.byteLength <= INLINE_BYTES) return checkResult(json, isHttpResponse);
      return new Promise<ResultCheck>((resolve, reject) => {
        waiting.push({ request: { json, isHttpResponse }, resolve, reject });
        if (atHand === null) next();
      });
    },
    async [Symbol.asyncDispose]() {
      for (const job of waiting.splice(0)) job.reject(new Error("The worker stops."));
      await thread?.terminate();
    },
  };
}
