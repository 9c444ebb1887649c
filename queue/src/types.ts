import type {
  FunctionVersion,
  GatewayOption,
  HttpRequest,
  InvocationRecord,
  Manifest,
  Outcome,
  Receipt,
  WorkerObserver,
} from "@mayfly/contract";
import type { Store } from "@mayfly/store";

/** A call that the gateway accepted. */
export interface Call {
  readonly function: FunctionVersion;
  /** The event as JSON text, already known to be valid JSON. */
  readonly eventJson: string;
  readonly http: HttpRequest | null;
  readonly traceparent: string | null;
}

export interface AsyncOptions {
  readonly idempotencyKey: string | null;
  readonly delayMs: number | null;
  readonly priority: number | null;
}

/** What a sync caller gets: the terminal outcome, and the result as JSON text. */
export interface Reply {
  readonly id: string;
  readonly outcome: Outcome;
  /** JSON text of the result; null where there is none. */
  readonly resultJson: string | null;
  /** True where the result is a function's own HTTP answer (`HttpResponse`). */
  readonly isHttpResponse: boolean;
  /** Of the last attempt; null where it never ran. May still lack the tear-down. */
  readonly timing: Receipt["timing"] | null;
}

export interface ProducerOptions {
  readonly redisUrl: string;
  readonly store: Store;
  /** Calls that may wait for one function. */
  readonly maxWaiting: number;
  /** Told of what ends without a worker: cancelled while it waited, or taken back at its queue deadline. */
  readonly observer?: Pick<WorkerObserver, "terminal">;
}

/** The gateway's side of the queue. */
export interface Producer extends AsyncDisposable {
  /**
   * Queues a call and waits for its one reply. It runs at most once; when `signal` aborts (the caller left) it is
   * cancelled, and where it has not begun within `beginWithinMs` it is taken back and never runs.
   *
   * @throws MayflyError `queueTimeout`, `tooManyWaiting`, `redisUnavailable`
   */
  callAndWait(
    call: Call,
    options: { id: string; beginWithinMs: number; answerWithinMs: number; signal: AbortSignal },
  ): Promise<Reply>;
  /**
   * Queues a call for at least one run.
   *
   * @returns `repeated: true` with the first one's id where the idempotency key was seen before
   * @throws MayflyError `idempotencyMismatch`, `tooManyWaiting`, `redisUnavailable`
   */
  enqueue(call: Call, id: string, options: AsyncOptions): Promise<{ id: string; repeated: boolean }>;
  /** Cancels a queued or running invocation. @returns the record once it is terminal, and whether this call ended it */
  cancel(id: string): Promise<{ record: InvocationRecord; cancelled: boolean } | null>;
  /** Waits until the invocation is terminal, at most `waitMs`. */
  waitFor(id: string, waitMs: number, signal: AbortSignal): Promise<InvocationRecord | null>;
  /** Names of functions that have a queue: the deployed ones, and those that jobs wait for all the same. */
  queues(): Promise<string[]>;
  /** Jobs by function and state, and the age of the oldest waiting one, for metrics and 409s. */
  backlog(functions: readonly string[]): Promise<Backlog[]>;
  /** Sends what waits for a function to the dead letter (a forced delete). */
  drop(functionName: string): Promise<number>;
  /** @throws MayflyError `noWorker` where none answers within `timeoutMs` */
  build(request: BuildRequest, timeoutMs: number): Promise<BuildReply>;
  /** Workers that were seen lately. */
  workers(): Promise<string[]>;
  close(): Promise<void>;
}

export interface Backlog {
  readonly function: string;
  readonly jobs: Readonly<
    Record<"waiting" | "active" | "delayed" | "prioritized" | "failed" | "completed", number>
  >;
  /** Seconds; 0 where nothing waits. */
  readonly oldestAgeSeconds: number;
}

/** One job that a worker took and holds the lock of. */
export interface TakenInvocation {
  /** As it stands in URLs: the gateway's UUIDv7, or `<function>~<job id>` for a producer's job. */
  readonly id: string;
  readonly function: FunctionVersion;
  /** From 1. */
  readonly attempt: number;
  readonly eventJson: string;
  /** What the gateway said of it; null for a producer's own job. */
  readonly gateway: GatewayOption | null;
  /** The job as its producer made it. */
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly opts: Readonly<Record<string, unknown>>;
  };
  readonly acceptedAt: number;
  readonly queueUs: number;
  /** Aborts when somebody cancels it, or when the lock was lost. */
  readonly signal: AbortSignal;
  /**
   * Writes, under this attempt's fencing token, that user code may now run. False: the attempt was given away, or
   * the caller's patience has ended; do not run it.
   */
  enter(): Promise<boolean>;
  /** Gives a sync caller its answer as soon as the outcome is fixed, before the tear-down. Optional; at most once. */
  reply(reply: Omit<Reply, "id">): void;
}

/** What a worker hands back when the tree is dead and the cgroup is gone. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly resultJson: string | null;
  readonly isHttpResponse: boolean;
  readonly receipt: Receipt | null;
}

/** Asks a worker to turn uploaded files into an artifact; the bundler runs in a sandbox there. */
export interface BuildRequest {
  /** Key of a temporary blob: the uploaded files, packed. */
  readonly upload: string;
  readonly manifest: Manifest;
}

export interface BuildMessage {
  readonly text: string;
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  /** From 1. */
  readonly column: number | null;
}

export type BuildReply =
  | { readonly built: true; readonly artifact: string; readonly warnings: readonly BuildMessage[] }
  | { readonly built: false; readonly errors: readonly BuildMessage[] };

export interface DispatcherOptions {
  readonly workerId: string;
  readonly slots: number;
  /** Milliseconds after which a dead worker's job is given to another. */
  readonly lockMs: number;
  /** Runs one invocation. It never rejects for what a function did; a rejection is `systemFailure`. */
  readonly handle: (invocation: TakenInvocation) => Promise<Settlement>;
  readonly build: (request: BuildRequest) => Promise<BuildReply>;
  /** `taken` and `terminal` are told by the dispatcher, the rest by the worker. */
  readonly observer: Pick<WorkerObserver, "taken" | "terminal">;
  /** What went wrong on our side and was got over, for the log. */
  readonly onError?: (error: unknown, doing: string) => void;
}

/** The worker's side of the queue. */
export interface Dispatcher {
  readonly slots: { readonly total: number; readonly busy: number };
  /** Stops taking, waits for what runs at most `graceMs`, hands back what could not begin. */
  drain(graceMs: number): Promise<void>;
}
