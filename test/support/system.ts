import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InvocationRecord, Logs, ManifestInput, Problem } from "@mayfly/contract";
import { startPrivateRedis } from "../../setup/private-redis.js";
import { freePort } from "./free-port.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
/** Patience, not a promise: an emulated machine boots a Node process in seconds. */
const READY_WITHIN_MS = 90_000;

/** A whole Mayfly of a test's own: private Redis, one gateway, any number of workers, each a real process. */
export interface System extends AsyncDisposable {
  readonly url: string;
  readonly redisUrl: string;
  readonly dataDir: string;
  readonly workers: Program[];
  readonly gateway: Program;
  startWorker(env?: Record<string, string>): Promise<Program>;
  /** Deploys a function and asserts that it was accepted. */
  deploy(manifest: ManifestInput, files: Record<string, unknown>): Promise<{ version: string }>;
  tryDeploy(manifest: unknown, files: Record<string, unknown>): Promise<Response>;
  call(name: string, event?: unknown, init?: RequestInit): Promise<Response>;
  record(id: string, waitSeconds?: number): Promise<InvocationRecord>;
  logs(id: string): Promise<Logs>;
  workerMetrics(): Promise<string>;
}

export interface Program {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly metricsUrl: string | null;
  /** What it printed, for the message of a test that fails. */
  output(): string;
  /** SIGTERM, and the exit code once it has drained. */
  stop(): Promise<number | null>;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
}

/**
 * @param env what all programs get beside the test's own addresses; `MAYFLY_CGROUP_PARENT` is one of the test's own
 */
export async function startSystem(env: Record<string, string> = {}, workers = 1): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), "mayfly-system-"));
  const redis = await startPrivateRedis({ dir: join(dataDir, "redis") });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const common = {
    MAYFLY_REDIS_URL: redis.url,
    MAYFLY_DATA_DIR: dataDir,
    MAYFLY_PORT: String(port),
    MAYFLY_CGROUP_PARENT: `mayfly-test-${process.pid}`,
    MAYFLY_LOG_LEVEL: "warn",
    ...env,
  };
  const gateway = launch("gateway", common, null);
  const running: Program[] = [];

  const startWorker = async (more: Record<string, string> = {}) => {
    const metricsPort = await freePort();
    const worker = launch(
      "worker",
      { ...common, ...more, MAYFLY_WORKER_METRICS_PORT: String(metricsPort) },
      metricsPort,
    );
    running.push(worker);
    await answers(`http://127.0.0.1:${metricsPort}/metrics`, worker);
    return worker;
  };

  await answers(`${url}/readyz`, gateway);
  for (let i = 0; i < workers; i++) await startWorker();

  const tryDeploy = (manifest: unknown, files: Record<string, unknown>) => {
    const name = (manifest as { name?: unknown }).name;
    return fetch(`${url}/functions/${encodeURIComponent(String(name))}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ manifest, files }),
    });
  };
  return {
    url,
    redisUrl: redis.url,
    dataDir,
    workers: running,
    gateway,
    startWorker,
    tryDeploy,
    async deploy(manifest, files) {
      const answer = await tryDeploy(manifest, files);
      if (!answer.ok)
        throw new Error(
          `deploying ${manifest.name}: ${answer.status} ${await answer.text()}\n${gateway.output()}`,
        );
      return (await answer.json()) as { version: string };
    },
    call(name, event, init = {}) {
      const body =
        event === undefined
          ? {}
          : { body: JSON.stringify(event), headers: { "content-type": "application/json" } };
      return fetch(`${url}/function/${name}`, { method: "POST", ...body, ...init });
    },
    async record(id, waitSeconds = 20) {
      const answer = await fetch(`${url}/invocations/${id}?wait=${waitSeconds}`);
      if (!answer.ok) throw new Error(`invocation ${id}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as InvocationRecord;
    },
    async logs(id) {
      const answer = await fetch(`${url}/invocations/${id}/logs`, {
        headers: { accept: "application/json" },
      });
      return (await answer.json()) as Logs;
    },
    async workerMetrics() {
      const texts = await Promise.all(
        running.map(async ({ metricsUrl }) => (await fetch(metricsUrl ?? "")).text()),
      );
      return texts.join("\n");
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((worker) => worker.stop()));
      await gateway.stop();
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The problem+json of an answer that refuses. */
export async function problemOf(answer: Response): Promise<Problem> {
  return (await answer.json()) as Problem;
}

export function invocationIdOf(answer: Response): string {
  const id = answer.headers.get("mayfly-invocation-id");
  if (id === null) throw new Error(`no Mayfly-Invocation-Id in an answer ${answer.status}`);
  return id;
}

/** The sum of a counter or gauge over its series, in Prometheus text; labels narrow it. */
export function metricSum(text: string, name: string, labels: Record<string, string> = {}): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      sum += Number(line.split(" ").at(-1));
  }
  return sum;
}

function launch(
  program: "gateway" | "worker",
  env: Record<string, string>,
  metricsPort: number | null,
): Program {
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(REPOSITORY, program, "src/main.ts")], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const end = (signal: "SIGTERM" | "SIGKILL") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return exited;
  };
  return {
    process: child,
    pid: child.pid ?? 0,
    metricsUrl: metricsPort === null ? null : `http://127.0.0.1:${metricsPort}/metrics`,
    output: () => printed,
    stop: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
    },
  };
}

async function answers(url: string, program: Program): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (program.process.exitCode !== null) break;
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer within ${READY_WITHIN_MS} ms:\n${program.output()}`);
}
