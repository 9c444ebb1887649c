import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DEFAULT_CEILINGS,
  type FunctionVersion,
  type InvocationRecord,
  type ManifestInput,
  type OutcomeKind,
  parseManifest,
} from "@mayfly/contract";
import { openStore, type Store } from "@mayfly/store";
import { FlowProducer, type JobsOptions, Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../setup/private-redis.js";
import {
  type Call,
  createProducer,
  type Dispatcher,
  type DispatcherOptions,
  type Producer,
  type Settlement,
  startDispatcher,
  type TakenInvocation,
} from "../src/index.ts";

const SECRET_KEY = "00".repeat(32);
const RETENTION_MS = 60_000;
const WORKER = new URL("worker-process.ts", import.meta.url).pathname;

export const ok = (resultJson = "null"): Settlement => ({
  outcome: { kind: "ok" },
  resultJson,
  isHttpResponse: false,
  receipt: null,
});

export const failed = (message = "boom", kind: OutcomeKind = "functionError"): Settlement => ({
  outcome: { kind, message },
  resultJson: null,
  isHttpResponse: false,
  receipt: null,
});

/** What a function does in a test that needs nothing of it: give its event back. */
export async function echo(invocation: TakenInvocation): Promise<Settlement> {
  await invocation.enter();
  const settlement = ok(invocation.eventJson);
  invocation.reply({ ...settlement, timing: null });
  return settlement;
}

export interface Rig extends AsyncDisposable {
  stopRedis(): Promise<void>;
  startRedis(): Promise<void>;
  readonly redis: Redis;
  readonly store: Store;
  readonly producer: Producer;
  /** What went wrong on our side, with what was being done. */
  readonly errors: string[];
  /** Terminal outcomes by invocation id, as observers were told. */
  readonly ends: { id: string; outcome: OutcomeKind }[];
  deploy(name: string, more?: Partial<ManifestInput>): Promise<FunctionVersion>;
  work(handle: DispatcherOptions["handle"], more?: Partial<DispatcherOptions>): Promise<Dispatcher>;
  /** A dispatcher in a process of its own; see worker-process.ts for what its functions do. */
  spawnWorker(workerId: string): Promise<ChildProcess>;
  /** A queue as somebody opens it who never heard of Mayfly. */
  plainQueue(name: string): Queue;
  plainEvents(name: string): Promise<QueueEvents>;
  flow(): FlowProducer;
  addPlain(name: string, data: unknown, options?: JobsOptions): Promise<string>;
  call(
    version: FunctionVersion,
    event: unknown,
    more?: Partial<CallOptions>,
  ): ReturnType<Producer["callAndWait"]>;
  enqueue(version: FunctionVersion, event: unknown, more?: Partial<EnqueueOptions>): Promise<string>;
  ended(id: string, withinMs?: number): Promise<InvocationRecord>;
}

interface CallOptions {
  readonly id: string;
  readonly beginWithinMs: number;
  readonly answerWithinMs: number;
  readonly signal: AbortSignal;
}

interface EnqueueOptions {
  readonly id: string;
  readonly idempotencyKey: string | null;
  readonly delayMs: number | null;
  readonly priority: number | null;
}

export const callOf = (version: FunctionVersion, event: unknown): Call => ({
  function: version,
  eventJson: JSON.stringify(event),
  http: null,
  traceparent: null,
});

/** A private Redis with a producer, and everything a test may open on it; all of it ends with the rig. */
export async function openRig({ maxWaiting = 10_000 } = {}): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), "mayfly-queue-"));
  let server: PrivateRedis = await startPrivateRedis({ dir });
  const path = server.url.slice("unix://".length);
  const connect = () => {
    const redis = new Redis(path, { maxRetriesPerRequest: null });
    redis.on("error", () => {});
    return redis;
  };
  const redis = connect();
  const store = await openStore({ redisUrl: server.url, secretKey: SECRET_KEY, retentionMs: RETENTION_MS });
  const errors: string[] = [];
  const ends: Rig["ends"] = [];
  const observer: DispatcherOptions["observer"] = {
    taken() {},
    terminal: (_name, outcome, _seconds, id) => ends.push({ id, outcome }),
  };
  const producer = await createProducer({ redisUrl: server.url, store, maxWaiting, observer });
  const dispatchers: Dispatcher[] = [];
  const children: ChildProcess[] = [];
  const closers: (() => Promise<void>)[] = [];
  const artifact = await store.artifacts.put(Buffer.from("code"));
  const options = () => ({ prefix: "mayfly", connection: connect() as never });

  const rig: Rig = {
    async stopRedis() {
      await server.stop();
    },
    async startRedis() {
      server = await startPrivateRedis({ dir });
    },
    redis,
    store,
    producer,
    errors,
    ends,
    async deploy(name, more = {}) {
      const input = { name, runtime: "nodejs24", entry: "index.ts", ...more };
      const version: FunctionVersion = {
        name,
        version: `v-${randomUUID()}`,
        tenant: "default",
        manifest: parseManifest(input, DEFAULT_CEILINGS),
        artifact,
        createdAt: Date.now(),
      };
      await store.functions.deploy(version);
      return version;
    },
    async work(handle, more = {}) {
      const dispatcher = await startDispatcher(server.url, store, {
        workerId: `worker-${dispatchers.length + 1}`,
        slots: 8,
        lockMs: 8000,
        handle,
        build: async () => ({ built: true, artifact: "a", warnings: [] }),
        observer,
        onError: (error, doing) => errors.push(`${doing}: ${String(error)}`),
        ...more,
      });
      dispatchers.push(dispatcher);
      return dispatcher;
    },
    async spawnWorker(workerId) {
      const child = spawn(process.execPath, [WORKER, server.url, workerId], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      await once(child.stdout, "data");
      return child;
    },
    plainQueue(name) {
      const queue = new Queue(`{${name}}`, options());
      queue.on("error", () => {});
      closers.push(() => queue.close());
      return queue;
    },
    async plainEvents(name) {
      const events = new QueueEvents(`{${name}}`, options());
      closers.push(() => events.close());
      await events.waitUntilReady();
      return events;
    },
    flow() {
      const flow = new FlowProducer(options());
      closers.push(() => flow.close());
      return flow;
    },
    async addPlain(name, data, jobOptions) {
      const job = await rig.plainQueue(name).add("x", data, jobOptions);
      return `${name}~${job.id}`;
    },
    call(version, event, more = {}) {
      return producer.callAndWait(callOf(version, event), {
        id: randomUUID(),
        beginWithinMs: 5000,
        answerWithinMs: 30_000,
        signal: new AbortController().signal,
        ...more,
      });
    },
    async enqueue(version, event, { id = randomUUID(), ...more } = {}) {
      const how = { idempotencyKey: null, delayMs: null, priority: null, ...more };
      return (await producer.enqueue(callOf(version, event), id, how)).id;
    },
    async ended(id, withinMs = 10_000) {
      const record = await producer.waitFor(id, withinMs, new AbortController().signal);
      if (record === null) throw new Error(`there is no invocation ${id}`);
      if (record.endedAt === null) throw new Error(`${id} is still ${record.state} after ${withinMs} ms`);
      return record;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.drain(1000)));
      await Promise.all(closers.map((close) => close().catch(() => {})));
      await producer.close();
      await store.close();
      redis.disconnect();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return rig;
}

export async function eventually(check: () => Promise<boolean> | boolean, withinMs = 5000): Promise<void> {
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(5)) if (await check()) return;
  throw new Error(`it did not become true within ${withinMs} ms`);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
