import { Worker } from "node:worker_threads";
import { checkResult, type ResultCheck } from "./check-result.ts";
import type { CheckRequest } from "./check-result-thread.ts";

/** Up to here parsing takes about a millisecond; more is parsed beside the event loop. */
const INLINE_BYTES = 256 * 1024;

export interface ResultChecker extends AsyncDisposable {
  check(json: Buffer, isHttpResponse: boolean): Promise<ResultCheck>;
}

/** Checks results, large ones on a thread of its own that is started when the first of them comes. */
export function createResultChecker(): ResultChecker {
  let thread: Worker | null = null;
  let lastId = 0;
  const asked = new Map<number, (check: ResultCheck) => void>();

  const start = (): Worker => {
    const started = new Worker(new URL("./check-result-thread.ts", import.meta.url));
    started.on("message", ({ id, check }: { id: number; check: ResultCheck }) => {
      asked.get(id)?.(check);
      asked.delete(id);
      if (asked.size === 0) started.unref();
    });
    started.on("error", () => {
      if (thread === started) thread = null;
      for (const answer of asked.values()) answer({ valid: false, reason: "the result could not be parsed" });
      asked.clear();
    });
    return started;
  };

  return {
    async check(json, isHttpResponse) {
      if (json.byteLength <= INLINE_BYTES) return checkResult(json, isHttpResponse);
      thread ??= start();
      thread.ref();
      const id = ++lastId;
      const answered = new Promise<ResultCheck>((resolve) => asked.set(id, resolve));
      // The bytes are copied over: 6 MiB take a millisecond, parsing them takes fifty.
      thread.postMessage({ id, json, isHttpResponse } satisfies CheckRequest);
      return answered;
    },
    async [Symbol.asyncDispose]() {
      await thread?.terminate();
    },
  };
}
