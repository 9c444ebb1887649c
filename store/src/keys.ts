/**
 * Every key and channel of Mayfly in Redis, in one place.
 *
 * What must change together with a queue carries the queue's hash tag, `{<function>}`, so that on Redis Cluster it
 * lies in the queue's slot and one script may touch both. BullMQ's own keys begin with `mayfly:`, ours with `mf:`, so
 * that no job id of a producer can ever name a key of ours.
 */

/** BullMQ's prefix, which producers use too. */
export const QUEUE_PREFIX = "mayfly";

/** Async and producers' jobs stand in a function's main queue, sync calls in its sibling in the same slot. */
export type Lane = "async" | "sync";
export const LANES: readonly Lane[] = ["sync", "async"];

/** Name of a function's BullMQ queue. */
export function queueName(functionName: string, lane: Lane): string {
  return lane === "async" ? `{${functionName}}` : `{${functionName}}-sync`;
}

/** A key of BullMQ's: of the queue (`wait`, `meta` …), or a job's own hash. */
export function bullKey(functionName: string, lane: Lane, key: string): string {
  return `${QUEUE_PREFIX}:${queueName(functionName, lane)}:${key}`;
}

/** The hash of one invocation: state, outcome, result, attempts. */
export const recordKey = (functionName: string, jobId: string) => `mf:inv:{${functionName}}:${jobId}`;
/** The list of its log lines. */
export const logKey = (functionName: string, jobId: string) => `mf:log:{${functionName}}:${jobId}`;
/** Which function an invocation id of the gateway's belongs to. */
export const whereKey = (id: string) => `mf:at:${id}`;
/** The first invocation under an idempotency key; `digest` covers tenant and key. */
export const idempotencyKey = (functionName: string, digest: string) => `mf:idem:{${functionName}}:${digest}`;
/** Tokens of the attempts that run now, of a function that limits its concurrency. */
export const permitsKey = (functionName: string) => `mf:permits:{${functionName}}`;

/** Names of functions with work, by the time of the hint: one sorted set for each lane, in one slot. */
export const readyKey = (lane: Lane) => `mf:{ready}:${lane}`;
/** Functions that have a queue, deployed or not. */
export const queuesKey = "mf:{ready}:queues";
/** The worker that sweeps at the moment. */
export const sweeperKey = "mf:{ready}:sweeper";
/** Workers by the time of their last sign of life. */
export const workersKey = "mf:workers";

/** Latest version by function name, as JSON. */
export const latestKey = "mf:{functions}:latest";
/** All versions of one function, by content hash. */
export const versionsKey = (functionName: string) => `mf:{functions}:versions:${functionName}`;
/** Packed code by content hash. */
export const artifactKey = (hash: string) => `mf:{functions}:artifact:${hash}`;
/** Which function versions use an artifact. */
export const artifactUsersKey = (hash: string) => `mf:{functions}:users:${hash}`;
/** A blob that expires by itself. */
export const temporaryKey = (id: string) => `mf:tmp:${id}`;
export const secretsKey = (tenant: string) => `mf:secrets:${tenant}`;
export const apiKeysKey = "mf:api-keys";

/** Channels. */
export const functionsChannel = "mf:functions:changed";
export const apiKeysChannel = "mf:api-keys:changed";
/** Replies for the calls that one gateway waits for. */
export const replyChannel = (gatewayId: string) => `mf:reply:${gatewayId}`;
/** Every worker listens here for ids of invocations to cancel. */
export const cancelChannel = "mf:cancel";
/** Tells once when an invocation has become terminal. */
export const endedChannel = (id: string) => `mf:ended:${id}`;
/** Lines of an invocation as they are written. */
export const logChannel = (functionName: string, jobId: string) => `mf:lines:{${functionName}}:${jobId}`;

/** An invocation as it stands in URLs, taken apart. A producer's job is `<function>~<job id>`. */
export function splitId(id: string): { functionName: string; jobId: string } | null {
  const at = id.indexOf("~");
  return at <= 0 ? null : { functionName: id.slice(0, at), jobId: id.slice(at + 1) };
}

/** The id in URLs of a job that a producer made. */
export const producerId = (functionName: string, jobId: string) => `${functionName}~${jobId}`;
