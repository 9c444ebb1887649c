import type { FunctionVersion, InvocationRecord, LogLine, Logs, Place } from "@mayfly/contract";

/** Deployed functions. A version is immutable; the name points at the latest one deployed. */
export interface FunctionStore {
  /**
   * Keeps a version and makes it the latest.
   *
   * @returns `created: false` where this very content is the latest already or was deployed before
   * @throws MayflyError `nameTaken` where the name belongs to another tenant
   */
  deploy(version: FunctionVersion): Promise<{ created: boolean }>;
  /** The latest version; answers from memory after the first time, kept fresh by the store's own notifications. */
  latest(name: string): Promise<FunctionVersion | null>;
  version(name: string, version: string): Promise<FunctionVersion | null>;
  /** Names of all that are deployed; answered from memory. */
  names(): Promise<readonly string[]>;
  /** Latest versions, by name; of one tenant, or of all. */
  list(tenant?: string): Promise<FunctionVersion[]>;
  versions(name: string): Promise<string[]>;
  delete(name: string): Promise<boolean>;
  /** Calls back after any deploy or delete by anybody. */
  onChange(listener: (name: string) => void): () => void;
}

/** Content-addressed blobs: packed function code. The hash is verified on the way out. */
export interface ArtifactStore {
  put(bytes: Uint8Array): Promise<string>;
  get(hash: string): Promise<Buffer | null>;
  /** A blob that goes away by itself: an upload on its way to the bundler. */
  putTemporary(bytes: Uint8Array, ttlMs: number): Promise<string>;
  takeTemporary(key: string): Promise<Buffer | null>;
}

/** Secrets by name and tenant, AES-256-GCM at rest under the installation's key. */
export interface SecretStore {
  put(tenant: string, name: string, value: string): Promise<void>;
  /** Those of `names` that exist. */
  get(tenant: string, names: readonly string[]): Promise<Record<string, string>>;
  list(tenant: string): Promise<string[]>;
  delete(tenant: string, name: string): Promise<boolean>;
}

export const SCOPES = ["admin", "deploy", "invoke", "read"] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  /** Public part, for lists and deletion. */
  readonly id: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly label: string;
  readonly createdAt: number;
}

/** API keys. Only a hash of the secret part is kept. */
export interface KeyStore {
  /** @returns the key's text, which is shown this once: `mayfly_<id>_<secret>` */
  create(key: Pick<ApiKey, "tenant" | "scopes" | "label">): Promise<{ key: ApiKey; text: string }>;
  verify(text: string): Promise<ApiKey | null>;
  /** True once any key exists; answered from memory. */
  any(): Promise<boolean>;
  list(): Promise<ApiKey[]>;
  delete(id: string): Promise<boolean>;
}

/** Idempotency keys, for 24 hours. */
export interface IdempotencyStore {
  /**
   * Keeps `id` under a key unless the key is in use.
   *
   * @param request `body` is what must be the same again, such as the event's text
   * @returns `repeated` with the first one's id; `mismatch` where the first had another body
   */
  reserve(request: {
    readonly tenant: string;
    readonly functionName: string;
    readonly key: string;
    readonly body: string;
    readonly id: string;
  }): Promise<{ kind: "first" } | { kind: "repeated"; id: string } | { kind: "mismatch" }>;
}

/** Invocation records, receipts and logs: our own keys with our own retention, apart from BullMQ's jobs. */
export interface InvocationStore {
  /** How long a record is kept after its end. */
  readonly retentionMs: number;
  /** How long one is kept that has not ended. */
  readonly unendedMs: number;
  /** The function and BullMQ's job id of an invocation; null where nobody knows it. */
  locate(id: string): Promise<{ id: string; functionName: string; jobId: string } | null>;
  /** Spares `locate` the way to Redis. */
  remember(id: string, functionName: string): void;
  /** The record as far as it is known; `queued` ones are pieced together from the job where only that exists. */
  get(id: string): Promise<InvocationRecord | null>;
  /** Who owns it: the tenant of the function at the time. */
  tenantOf(id: string): Promise<string | null>;
  running(id: string, place: Place & { attempt: number }): Promise<void>;
  appendLogs(id: string, lines: readonly LogLine[], truncated: boolean): Promise<void>;
  logs(id: string): Promise<Logs>;
  /** Lines as they are written, past ones first; ends when the invocation does. */
  followLogs(id: string, signal: AbortSignal): AsyncIterable<LogLine>;
}

export interface Store extends AsyncDisposable {
  readonly functions: FunctionStore;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretStore;
  readonly keys: KeyStore;
  readonly idempotency: IdempotencyStore;
  readonly invocations: InvocationStore;
  /** Round trip to Redis; rejects where it does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
