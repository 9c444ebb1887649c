import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { markOf, recordRun } from "../../../setup/earlier-run.js";
import { startPrivateRedis } from "../../../setup/private-redis.js";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { ProgramName } from "../program-files.ts";
import type { UpConfig } from "./config.ts";
import { type Kept, keepRunning } from "./keep-running.ts";
import { type LaunchedProgram, launchProgram } from "./launch-program.ts";

const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;

export interface PartsOptions {
  readonly config: UpConfig;
  /** Tells of what happens to a part, and of what it says itself. */
  readonly say: (sentence: string) => void;
  readonly stopping: AbortSignal;
  /** Aborts when there is no time left for a drain. */
  readonly hurrying: AbortSignal;
}

export interface Parts {
  /** The private Redis's address; null where none was started. */
  readonly privateRedis: string | null;
  /** Stops them in the order in which work flows, so that none misses what it needs to finish. */
  stop(): Promise<void>;
}

/**
 * Starts Redis, gateway and worker, waits until they are ready, and keeps each running from then on.
 *
 * @throws Failure with what a part said, where it cannot start
 */
export async function startParts(options: PartsOptions): Promise<Parts> {
  const { config, say, hurrying } = options;
  const redis = config.redisUrl === null ? await keepRedis(config, say) : null;
  const launch = (name: ProgramName) =>
    launchProgram(name, {
      env: { ...config.env, MAYFLY_REDIS_URL: config.redisUrl ?? redis?.url },
      drainMs: config.drainMs,
      hurrying,
      log: (text) => say(`${name}: ${text}`),
    });
  const gateway = launch("gateway");
  const worker = launch("worker");
  note(config, gateway, worker);
  try {
    await Promise.race([ready(options), diesFirst("gateway", gateway), diesFirst("worker", worker)]);
  } catch (error) {
    await gateway.stop();
    await worker.stop();
    await redis?.stop();
    throw error;
  }
  const keep = (name: ProgramName, first: LaunchedProgram): Kept =>
    keepRunning({ name, first, again: async () => launch(name), say, started: () => note(config, ...kept) });
  const kept: readonly Kept[] = [keep("gateway", gateway), keep("worker", worker)];
  return {
    privateRedis: redis?.url ?? null,
    async stop() {
      for (const part of kept) await part.stop();
      await redis?.stop();
    },
  };
}

/** A Redis that died comes back at the same address, with what it had written. */
async function keepRedis({ dataDir }: UpConfig, say: PartsOptions["say"]): Promise<Kept & { url: string }> {
  const start = () => startPrivateRedis({ dir: join(dataDir, "redis") });
  const first = await start();
  return Object.assign(keepRunning({ name: "private Redis", first, again: start, say }), { url: first.url });
}

/** For a next start, should this one be killed: who is to be ended first. */
function note({ dataDir, url }: UpConfig, ...parts: readonly { pid: number }[]): void {
  const marks = [process.pid, ...parts.map(({ pid }) => pid)].map(markOf);
  const [up, ...living] = marks.flatMap((mark) => mark ?? []);
  if (up !== undefined) recordRun(dataDir, { url, up, parts: living });
}

/** The gateway answers, and has seen the worker. */
async function ready({ config: { url }, stopping }: PartsOptions): Promise<void> {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; ) {
    stopping.throwIfAborted();
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    const seen = answer?.ok ? ((await answer.json()) as { workers: number }).workers : 0;
    if (seen > 0) return;
    await sleep(POLL_MS);
  }
  throw new Failure(
    EXIT.mayflyFailed,
    "notReady",
    `Gateway and worker were not ready within ${READY_WITHIN_MS / 1000} s. See what they say with: MAYFLY_LOG_LEVEL=debug npx mayfly up`,
  );
}

async function diesFirst(name: ProgramName, { exited, said }: LaunchedProgram): Promise<never> {
  const reason = await exited;
  throw new Failure(EXIT.mayflyFailed, "cannotStart", `The ${name} cannot start (${reason}):\n${said()}`);
}
