import { parentPort } from "node:worker_threads";
import { checkResult } from "./check-result.ts";

/** The thread that parses large results, so that the worker's event loop does not stand still for them. */
parentPort?.on("message", ({ json, isHttpResponse }: CheckRequest) => {
  parentPort?.postMessage(checkResult(json, isHttpResponse));
});

export interface CheckRequest {
  readonly json: Uint8Array;
  readonly isHttpResponse: boolean;
}
