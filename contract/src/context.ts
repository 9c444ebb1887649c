/**
 * What a handler of the nodejs runtimes is given beside its event. These are types alone: a function imports them
 * with `import type`, so that nothing of this package is in its bundle.
 */
export interface Context {
  readonly invocationId: string;
  readonly functionName: string;
  /** The content hash of what was deployed. */
  readonly functionVersion: string;
  /** From 1. */
  readonly attempt: number;
  /** The cgroup's limit; V8's heap is sized below it. */
  readonly memoryLimitBytes: number;
  getRemainingTimeInMillis(): number;
  /** Aborts when time is up or somebody cancels. */
  readonly signal: AbortSignal;
  /** The request, for whatever came over HTTP; null for a producer's job. */
  readonly http: HttpContext | null;
  /** The job as its producer made it; null for what came over HTTP. */
  readonly job: JobContext | null;
  readonly log: Log;
  /** Keeps the process, within the timeout, after the answer has been given. */
  waitUntil(promise: Promise<unknown>): void;

  /** Lambda's names for the same things. */
  readonly awsRequestId: string;
  readonly memoryLimitInMB: string;
  readonly invokedFunctionArn: string;
}

export interface HttpContext {
  readonly method: string;
  /** Below the function: `/` for `/function/name`. */
  readonly path: string;
  /** As it was sent, without `?`. */
  readonly query: string;
  /** Names in lower case; one that was sent more than once has its values joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's very bytes, for signatures. */
  readonly rawBody: Uint8Array;
}

export interface JobContext {
  readonly id: string;
  readonly name: string;
  readonly opts: Readonly<Record<string, unknown>>;
}

export interface Log {
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}

/** What Lambda calls the HTTP event of payload format 2.0: the event of a request whose body is not JSON. */
export interface HttpEvent {
  readonly version: "2.0";
  readonly routeKey: "$default";
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly requestContext: {
    readonly domainName: string;
    /** Milliseconds since the epoch. */
    readonly timeEpoch: number;
    readonly http: {
      readonly method: string;
      readonly path: string;
      readonly protocol: string;
      readonly sourceIp: string;
      readonly userAgent: string;
    };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}
