import type { Context, HttpContext, HttpEvent } from "@mayfly/contract";

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

/** The event of a request whose body is not JSON, as the gateway makes it. */
export function exampleHttpEvent(method: string, rawQueryString: string, body?: Uint8Array): HttpEvent {
  const http = { method, path: "/", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "a test" };
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/",
    rawQueryString,
    headers: {},
    requestContext: { domainName: "localhost", timeEpoch: Date.now(), http },
    ...(body === undefined ? {} : { body: Buffer.from(body).toString("base64") }),
    isBase64Encoded: body !== undefined,
  };
}
