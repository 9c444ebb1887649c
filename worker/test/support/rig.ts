import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DEFAULT_CEILINGS,
  type FunctionVersion,
  type HttpRequest,
  type InvocationRecord,
  type Isolation,
  type Logs,
  type Manifest,
  type ManifestInput,
  type OutcomeKind,
  type ProcessStart,
  parseManifest,
  type Receipt,
  type WorkerGauges,
} from "@mayfly/contract";
import { type BuildReply, type Call, createProducer, type Producer, type Reply } from "@mayfly/queue";
import { packFiles } from "@mayfly/store";
import { startPrivateRedis } from "../../../setup/private-redis.js";
import { readConfig } from "../../src/config.ts";
import { type MayflyWorker, openWorker } from "../../src/open-worker.ts";

export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface Called extends Reply {
  /** The result, parsed. */
  readonly result: unknown;
  /** From the call to its answer. */
  readonly tookMs: number;
}

/** By the runtime that can be forked, a function that does nothing. */
const WARM_UP: Readonly<Partial<Record<Manifest["runtime"], { entry: string; code: string }>>> = {
  nodejs24: { entry: "index.ts", code: "export default () => 1;" },
  python3: { entry: "main.py", code: "def handler(event, context):\n    return 1\n" },
};

/** A worker in this process, with a Redis, a sandbox launcher and cgroups of its own. */
export interface Rig extends AsyncDisposable {
  readonly worker: MayflyWorker;
  readonly producer: Producer;
  readonly gauges: WorkerGauges;
  /** What the observer was told of attempts. */
  readonly attempts: { name: string; outcome: OutcomeKind; receipt: Receipt | null }[];
  /** How processes came to be, as the observer was told. */
  readonly starts: { name: string; start: ProcessStart }[];
  build(manifest: Partial<ManifestInput>, files: Files): Promise<BuildReply>;
  /** Deploys, by default as `nodejs24` with the entry `index.ts`. */
  deploy(manifest: Partial<ManifestInput>, files: Files): Promise<FunctionVersion>;
  call(name: string, event?: unknown, http?: Partial<HttpRequest>): Promise<Called>;
  /** Deploys one file and calls it. */
  run(code: string, manifest?: Partial<ManifestInput>, event?: unknown): Promise<Called>;
  /** Queues an asynchronous call. @returns its id */
  enqueue(name: string, event?: unknown): Promise<string>;
  /** Another worker of the same installation. */
  openAnother(): Promise<MayflyWorker>;
  /** What a worker that is a program of its own has to be told. */
  readonly environment: Readonly<Record<string, string>>;
  /** The record once it is terminal. */
  record(id: string): Promise<InvocationRecord>;
  logs(id: string): Promise<Logs>;
}

export interface RigOptions {
  readonly env?: Readonly<Record<string, string>>;
  /**
   * How a function is started whose manifest says nothing. "fork": a zygote is ready before it is called for the
   * first time.
   */
  readonly isolation?: Isolation;
}

export async function openRig({ env = {}, isolation = "fork" }: RigOptions = {}): Promise<Rig> {
  const stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "mayfly-worker-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const redis = await startPrivateRedis({ dir: join(dataDir, "redis") });
  stack.defer(() => redis.stop());
  const environment = {
    MAYFLY_REDIS_URL: redis.url,
    MAYFLY_DATA_DIR: dataDir,
    MAYFLY_CGROUP_PARENT: `mayfly-test-worker-${process.pid}`,
    ...env,
  };
  const config = readConfig(environment);
  const attempts: Rig["attempts"] = [];
  const starts: Rig["starts"] = [];
  const seen = Promise.withResolvers<WorkerGauges>();
  const open = () =>
    openWorker(
      config,
      ({ gauges }) => {
        seen.resolve(gauges);
        return {
          taken: () => {},
          terminal: () => {},
          started: (name, start) => void starts.push({ name, start }),
          startFailed: () => {},
          zygote: () => {},
          attemptEnded: (name, outcome, receipt) => void attempts.push({ name, outcome, receipt }),
        };
      },
      { debug: () => {}, info: () => {}, warn: console.warn, error: console.error },
    );
  const worker = stack.use(await open());
  const { store } = worker;
  const producer = stack.use(await createProducer({ redisUrl: redis.url, store, maxWaiting: 1000 }));
  const versions = new Map<string, FunctionVersion>();
  const never = new AbortController().signal;

  const build = async (manifest: Partial<ManifestInput>, files: Files) => {
    const upload = await store.artifacts.putTemporary(pack(files), 60_000);
    return await producer.build({ upload, manifest: complete(manifest) }, 60_000);
  };
  const ready = new Set<string>();
  /** Has a zygote opened for functions like this one, by calls of another. */
  const untilForked = async ({ limits = {}, ...manifest }: Partial<ManifestInput>) => {
    const { runtime = "nodejs24", isolation: own } = manifest;
    const warmUp = WARM_UP[runtime];
    const memory = String(limits.memory ?? "default");
    const name = `warm-${runtime}-${memory}`;
    if (isolation === "exec" || own === "exec" || warmUp === undefined || ready.has(name)) return;
    ready.add(name);
    await deploy({ name, runtime, entry: warmUp.entry, limits }, { [warmUp.entry]: warmUp.code });
    for (let count = 0; count < 100; count++) {
      await call(name);
      if (starts.at(-1)?.start.how !== "boot") return;
    }
    throw new Error(`no zygote came to be for ${runtime} with ${memory} memory`);
  };
  const deploy = async (given: Partial<ManifestInput>, files: Files) => {
    const takesFork = (given.runtime ?? "nodejs24") !== "exec";
    const manifest: Partial<ManifestInput> = takesFork ? { isolation, ...given } : given;
    const built = await build(manifest, files);
    if (!built.built) throw new Error(`not built: ${JSON.stringify(built.errors)}`);
    const full = complete(manifest);
    const version: FunctionVersion = {
      name: full.name,
      version: createHash("sha256").update(JSON.stringify(full)).update(built.artifact).digest("hex"),
      tenant: "default",
      manifest: full,
      artifact: built.artifact,
      createdAt: Date.now(),
    };
    await store.functions.deploy(version);
    versions.set(full.name, version);
    return version;
  };
  const callOf = (name: string, event: unknown, http: HttpRequest | null): Call => {
    const version = versions.get(name);
    if (version === undefined) throw new Error(`${name} was not deployed`);
    return { function: version, eventJson: JSON.stringify(event), http, traceparent: null };
  };
  const call = async (name: string, event: unknown = null, http: Partial<HttpRequest> = {}) => {
    const startedAt = performance.now();
    const reply = await producer.callAndWait(callOf(name, event, { ...REQUEST, ...http }), {
      id: uuidV7(),
      beginWithinMs: 20_000,
      answerWithinMs: 40_000,
      signal: never,
    });
    const result = reply.resultJson === null ? undefined : JSON.parse(reply.resultJson);
    return { ...reply, result, tookMs: performance.now() - startedAt };
  };

  return {
    worker,
    producer,
    gauges: await seen.promise,
    attempts,
    starts,
    build,
    async deploy(manifest, files) {
      await untilForked(manifest);
      return await deploy(manifest, files);
    },
    call,
    async run(code, manifest = {}, event) {
      const name = manifest.name ?? `f${randomBytes(6).toString("hex")}`;
      await untilForked(manifest);
      await deploy({ ...manifest, name }, { [manifest.entry ?? "index.ts"]: code });
      return await call(name, event);
    },
    async enqueue(name, event = null) {
      const options = { idempotencyKey: null, delayMs: null, priority: null };
      return (await producer.enqueue(callOf(name, event, null), uuidV7(), options)).id;
    },
    openAnother: open,
    environment,
    async record(id) {
      const record = await producer.waitFor(id, 20_000, never);
      if (record === null) throw new Error(`no record of ${id}`);
      return record;
    },
    logs: (id) => store.invocations.logs(id),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const REQUEST: HttpRequest = {
  method: "POST",
  path: "/",
  query: "",
  headers: [["content-type", "application/json"]],
  rawBody: null,
  remoteAddress: "127.0.0.1",
  origin: "http://127.0.0.1:8080",
};

function complete(manifest: Partial<ManifestInput>) {
  return parseManifest(
    { name: "function", runtime: "nodejs24", entry: "index.ts", ...manifest },
    DEFAULT_CEILINGS,
  );
}

function pack(files: Files): Buffer {
  return packFiles(
    Object.entries(files).map(([path, content]) => ({ path, mode: 0o644, bytes: Buffer.from(content) })),
  );
}

function uuidV7(): string {
  const hex = Date.now().toString(16).padStart(12, "0");
  const random = randomBytes(10).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}
