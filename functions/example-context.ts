import type { Context, HttpContext } from "@mayfly/contract";

/** A context as a sandbox would give it, for the tests of the samples; `http` as if it were called that way. */
export function exampleContext(functionName: string, http: Partial<HttpContext> | null = null): Context {
  const memoryLimitBytes = 128 * 1024 ** 2;
  return {
    invocationId: "0193a5b0-7c1e-7000-8000-000000000001",
    functionName,
    functionVersion: "0".repeat(64),
    attempt: 1,
    memoryLimitBytes,
    getRemainingTimeInMillis: () => 10_000,
    signal: new AbortController().signal,
    http: http && { method: "POST", path: "/", query: "", headers: {}, rawBody: new Uint8Array(), ...http },
    job: null,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    waitUntil: () => {},
    awsRequestId: "0193a5b0-7c1e-7000-8000-000000000001",
    memoryLimitInMB: "128",
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
  };
}
