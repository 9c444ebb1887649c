import { join } from "node:path";
import type { WorkerGauges, WorkerObserver } from "@mayfly/contract";
import { type Dispatcher, startDispatcher } from "@mayfly/queue";
import { openSandboxes, type Running, type Sandboxes } from "@mayfly/sandbox-addon";
import { openStore, reachingRedis, type Store, secretKeyOf } from "@mayfly/store";
import { createCompiler } from "./code/code-cache.ts";
import { createCodeTrees } from "./code/code-trees.ts";
import { createFixedTrees } from "./code/fixed-trees.ts";
import { createNodeVersions } from "./code/node-versions.ts";
import { openPackedCache } from "./code/packed-cache.ts";
import { runtimeTrees } from "./code/runtime-trees.ts";
import type { WorkerConfig } from "./config.ts";
import { createBuilder } from "./deploy/build.ts";
import type { Log, WorkerDeps } from "./deps.ts";
import { createInvocationHandler } from "./handle-invocation.ts";
import { createResultChecker } from "./outcome/result-checker.ts";
import { systemRoot } from "./run/root.ts";
import { StartPause } from "./run/start-pause.ts";
import { safely } from "./safely.ts";
import { createSnapshotOpener } from "./zygotes/open-snapshot.ts";
import { withSnapshots } from "./zygotes/snapshots.ts";
import { openUsualZygote, startZygotes } from "./zygotes/start-zygotes.ts";
import type { Zygotes } from "./zygotes/zygotes.ts";

const MAX_CACHED_BYTES = 2 * 1024 ** 3;
const MAX_LOADED_BYTES = 512 * 1024 ** 2;

export interface MayflyWorker extends AsyncDisposable {
  readonly id: string;
  readonly cgroupMode: Sandboxes["cgroupMode"];
  readonly store: Store;
  /** Settles if the launcher of its sandboxes ends unasked: nothing can be run any more. */
  readonly lost: Promise<Error>;
  /** Stops taking and waits for what runs, at most as long as the configuration says. */
  drain(): Promise<void>;
  /** Ends what runs at once; it is handed back, or told as lost where it may run only once. */
  hurry(): void;
}

/** Makes the observer, once the worker knows its id and before it takes anything. */
export type ObserverFactory = (worker: {
  readonly id: string;
  readonly gauges: WorkerGauges;
}) => WorkerObserver;

/**
 * Opens a worker: its sandboxes first, so that nothing is taken before the walls have been proved, its queue last.
 *
 * @throws SandboxError where a wall cannot be enforced, MayflyError `redisUnavailable` where Redis is away
 */
export async function openWorker(
  config: WorkerConfig,
  createObserver: ObserverFactory,
  log: Log,
): Promise<MayflyWorker> {
  await using opening = new AsyncDisposableStack();
  const lost = Promise.withResolvers<Error>();
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error("The worker that worked at it stops. Try again."));
  void lost.promise.then(stop);
  const { sandboxes, id } = await openSandboxesAs(config, lost.resolve);
  opening.defer(() => sandboxes.close());
  const secretKey = await secretKeyOf(config.secretKey, config.dataDir);
  const store = opening.use(
    await reachingRedis(() =>
      openStore({ redisUrl: config.redisUrl, secretKey, retentionMs: config.retentionMs }),
    ),
  );
  const running = new Set<Running>();
  let dispatcher: Dispatcher | null = null;
  let zygotes: Zygotes | null = null;
  const gauges: WorkerGauges = {
    slots: () => dispatcher?.slots ?? { total: config.slots, busy: 0 },
    leaked: () => sandboxes.leaked(),
    zygotes: () => zygotes?.stats() ?? [],
  };
  const observer = safely(createObserver({ id, gauges }), log);
  const deps = await createDeps(config, {
    id,
    sandboxes,
    store,
    running,
    stopping: stopping.signal,
    observer,
    log,
  });
  opening.use(deps.checker);
  zygotes = deps.zygotes;
  opening.defer(() => deps.zygotes.close());
  // The first call should not wait for the largest tree there is, nor boot.
  await runtimeTrees(deps, "nodejs24");
  await openUsualZygote(zygotes);
  dispatcher = await startDispatcher(config.redisUrl, store, {
    workerId: id,
    slots: config.slots,
    lockMs: config.lockMs,
    handle: createInvocationHandler(deps),
    build: createBuilder(deps),
    observer,
    onError: (error, doing) => log.warn({ err: error, doing }, "got over a failure"),
  });
  const started = dispatcher;
  opening.defer(() => started.drain(0));
  return {
    id,
    cgroupMode: sandboxes.cgroupMode,
    store,
    lost: lost.promise,
    async drain() {
      const late = setTimeout(stop, config.drainMs);
      await started.drain(config.drainMs);
      clearTimeout(late);
    },
    hurry() {
      stop();
      for (const one of running) one.kill("workerStopping");
    },
    [Symbol.asyncDispose]: moved(opening),
  };
}

/** What was opened belongs to the worker from here on. */
function moved(opening: AsyncDisposableStack): () => Promise<void> {
  const opened = opening.move();
  return () => opened.disposeAsync();
}

interface Opened {
  readonly id: string;
  readonly sandboxes: Sandboxes;
  readonly store: Store;
  readonly running: Set<Running>;
  readonly stopping: AbortSignal;
  readonly observer: WorkerObserver;
  readonly log: Log;
}

async function createDeps(config: WorkerConfig, opened: Opened): Promise<WorkerDeps> {
  const { id, sandboxes, store, running, stopping, observer, log } = opened;
  const scratch = join(config.dataDir, "scratch");
  const cache = await openPackedCache({
    folder: join(config.dataDir, "artifacts"),
    artifacts: store.artifacts,
    maxBytes: MAX_CACHED_BYTES,
  });
  const parts = {
    sandboxes,
    fixedTrees: createFixedTrees(sandboxes),
    nodeVersions: createNodeVersions(join(config.dataDir, "node")),
    checker: createResultChecker(),
    systemRoot: systemRoot(),
    scratch,
    stopping,
    running,
    observer,
    log,
  };
  const codeTrees = createCodeTrees({
    sandboxes,
    cache,
    compile: createCompiler(parts),
    scratch,
    stopping,
    maxBytes: MAX_LOADED_BYTES,
    onError: (error, doing) => log.warn({ err: error, doing }, "got over a failure"),
  });
  return {
    ...parts,
    workerId: id,
    store,
    codeTrees,
    zygotes: withSnapshots(startZygotes(config, parts), {
      open: createSnapshotOpener({ ...parts, codeTrees }),
      most: config.snapshots,
      now: () => performance.now(),
      log,
    }),
    startPause: new StartPause(stopping),
  };
}

/** Another worker of this host may have an id already; its lock says so. */
async function openSandboxesAs(
  config: WorkerConfig,
  onLost: (error: Error) => void,
): Promise<{ sandboxes: Sandboxes; id: string }> {
  const { cgroupParent, allowWithout, sandboxUid, debugHoldMs } = config;
  let lastError: unknown;
  for (const id of config.workerIds) {
    try {
      const sandboxes = await openSandboxes({
        cgroupParent,
        workerId: id,
        allowWithout,
        hostUid: sandboxUid,
        debugHoldMs,
        onLost,
      });
      return { sandboxes, id };
    } catch (error) {
      if (!isTaken(error)) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

function isTaken(error: unknown): boolean {
  const { errno } = error as { errno?: unknown };
  return errno === "EWOULDBLOCK" || errno === "EAGAIN";
}
