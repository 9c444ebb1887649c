import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CEILINGS, type Problem } from "@mayfly/contract";
import {
  type BuildReply,
  type BuildRequest,
  createProducer,
  type Producer,
  type Settlement,
  startDispatcher,
  type TakenInvocation,
} from "@mayfly/queue";
import { openStore, type Store } from "@mayfly/store";
import { type PrivateRedis, startPrivateRedis } from "../../setup/private-redis.js";
import { createApp } from "../src/app.ts";
import type { GatewayConfig } from "../src/config.ts";

/** A gateway before a real Redis, with a worker whose functions run in the test's own process. */
export interface TestGateway extends AsyncDisposable {
  readonly app: ReturnType<typeof createApp>;
  readonly store: Store;
  readonly producer: Producer;
  readonly counted: { route: string; status: number }[];
  readonly errors: object[];
  readonly drain: AbortController;
  readonly worker: FakeWorker;
  readonly redis: PrivateRedis;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Deploys a function over HTTP and asserts that it was accepted. */
  deploy(name: string, manifest?: object, files?: Record<string, unknown>): Promise<Response>;
}

export interface FakeWorker {
  /** What every function does until told otherwise: it returns its event. */
  handle: (invocation: TakenInvocation) => Promise<Settlement>;
  build: (request: BuildRequest) => Promise<BuildReply>;
  readonly builds: BuildRequest[];
}

export interface TestGatewayOptions {
  readonly config?: Partial<GatewayConfig>;
  /** 0: no worker at all. */
  readonly slots?: number;
  readonly maxWaiting?: number;
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { slots = 4, maxWaiting = 100 } = options;
  const dir = await mkdtemp(join(tmpdir(), "mayfly-gateway-"));
  const redis = await startPrivateRedis({ dir });
  const store = await openStore({ redisUrl: redis.url, secretKey: "5a".repeat(32), retentionMs: 60_000 });
  const producer = await createProducer({ redisUrl: redis.url, store, maxWaiting });
  const worker = fakeWorker(store);
  const dispatcher =
    slots === 0
      ? null
      : await startDispatcher(redis.url, store, {
          workerId: "test-worker",
          slots,
          lockMs: 8000,
          handle: (invocation) => worker.handle(invocation),
          build: (request) => worker.build(request),
          observer: { taken() {}, terminal() {} },
        });
  const counted: TestGateway["counted"] = [];
  const errors: object[] = [];
  const drain = new AbortController();
  const app = createApp({
    store,
    producer,
    config: { ...CONFIG, redisUrl: redis.url, dataDir: dir, maxWaiting, ...options.config },
    metrics: {
      expose: async () => ({ contentType: "text/plain; version=0.0.4", body: "a_metric 1\n" }),
      requestEnded: (route, status) => counted.push({ route, status }),
    },
    log: { debug() {}, info() {}, warn() {}, error: (facts) => errors.push(facts) },
    now: Date.now,
    draining: drain.signal,
  });
  const request = async (path: string, init?: RequestInit) => await app.request(path, init);
  return {
    app,
    store,
    producer,
    counted,
    errors,
    drain,
    worker,
    redis,
    request,
    async deploy(name, manifest = {}, files = { "index.ts": `export default () => "${name}";` }) {
      const whole = { name, runtime: "nodejs24", entry: "index.ts", ...manifest };
      const answer = await request(`/functions/${name}`, put({ manifest: whole, files }));
      if (!answer.ok) throw new Error(`deploying ${name}: ${answer.status} ${await answer.text()}`);
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await dispatcher?.drain(0);
      await producer.close();
      await store.close();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const CONFIG: Omit<GatewayConfig, "redisUrl" | "dataDir"> = {
  host: "127.0.0.1",
  port: 0,
  loopback: true,
  adminKey: null,
  secretKey: null,
  ceilings: DEFAULT_CEILINGS,
  maxWaiting: 100,
  retentionMs: 60_000,
  drainMs: 1000,
  logLevel: "silent",
};

function fakeWorker(store: Store): FakeWorker {
  const builds: BuildRequest[] = [];
  return {
    builds,
    async handle(invocation) {
      await invocation.enter();
      return ended({ resultJson: invocation.eventJson });
    },
    async build(request) {
      builds.push(request);
      const upload = await store.artifacts.takeTemporary(request.upload);
      if (upload === null) throw new Error("the upload has gone");
      return { built: true, artifact: await store.artifacts.put(upload), warnings: [] };
    },
  };
}

/** What a worker hands back: `ok` with null, unless told otherwise. */
export function ended(more: Partial<Settlement> = {}): Settlement {
  return { outcome: { kind: "ok" }, resultJson: "null", isHttpResponse: false, receipt: null, ...more };
}

export const put = (body: unknown, headers: Record<string, string> = {}): RequestInit =>
  json("PUT", body, headers);
export const post = (body: unknown, headers: Record<string, string> = {}): RequestInit =>
  json("POST", body, headers);

function json(method: string, body: unknown, headers: Record<string, string>): RequestInit {
  return { method, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
}

/** The problem+json of an answer that refuses. */
export async function problemOf(answer: Response): Promise<Problem> {
  return (await answer.json()) as Problem;
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
