import { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, SHARE_ENV, threadId, Worker } from "node:worker_threads";
import { answering, type Questions } from "./answers.ts";

const worker = (code: string, options = {}) => new Worker(code, { eval: true, ...options });

export const questions: Questions = {
  "this is the main thread": async () => {
    const { isMainThread, parentPort, workerData, resourceLimits } = await import("node:worker_threads");
    return [isMainThread, parentPort, workerData, resourceLimits, threadId];
  },
  "a worker thread gets data, answers, and ends with its code": async () => {
    const thread = worker(
      "const w = require('worker_threads'); w.parentPort.postMessage(w.workerData * 2); process.exit(7)",
      {
        workerData: 21,
      },
    );
    const [[message], [code]] = await Promise.all([once(thread, "message"), once(thread, "exit")]);
    return [message, code];
  },
  "what a worker thread sees of the process": async () => {
    const thread = worker(
      "require('worker_threads').parentPort.postMessage([process.pid, process.ppid, process.argv.length, process.execArgv, process.uptime() < 5, performance.now() < 3000, performance.timeOrigin > Date.now() - 5000, typeof gc])",
    );
    return (await once(thread, "message"))[0];
  },
  "four worker threads at once": async () => {
    const threads = [1, 2, 3, 4].map((n) =>
      worker(
        "require('worker_threads').parentPort.postMessage(require('crypto').pbkdf2Sync('a', String(require('worker_threads').workerData), 2000, 4, 'sha1').toString('hex'))",
        { workerData: n },
      ),
    );
    const answers = await Promise.all(
      threads.map(async (thread) => ((await once(thread, "message")) as [string])[0]),
    );
    await Promise.all(threads.map((thread) => thread.terminate()));
    return answers;
  },
  "an error in a worker thread is an event here": async () => {
    const [error] = (await once(worker("throw new RangeError('inside')"), "error")) as [Error];
    return [error.name, error.message];
  },
  "a worker thread shares memory and environment": async () => {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const thread = worker(
      "const w = require('worker_threads'); process.env.SHARED = 'yes'; Atomics.store(w.workerData, 0, 42); Atomics.notify(w.workerData, 0)",
      { workerData: shared, env: SHARE_ENV },
    );
    await Promise.all([once(thread, "exit"), Atomics.waitAsync(shared, 0, 0).value]);
    return [shared[0], process.env["SHARED"]];
  },
  "Atomics.wait blocks for its time": () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20),
  "channels, broadcasts and structured clones": async () => {
    const { port1, port2 } = new MessageChannel();
    const sender = new BroadcastChannel("b");
    const receiver = new BroadcastChannel("b");
    const heard = new Promise((resolve) => {
      receiver.onmessage = (event) => resolve((event as { data: unknown }).data);
    });
    port1.postMessage(new Map([["a", new Date(0)]]));
    sender.postMessage("all");
    const [message] = (await once(port2, "message")) as [Map<string, Date>];
    const answer = [message.get("a")?.getTime(), await heard, structuredClone(new Set([1n])).has(1n)];
    port1.close();
    sender.close();
    receiver.close();
    return answer;
  },
  "locks are taken in turn": async () => {
    const { locks } = navigator as unknown as {
      locks: { request(name: string, held: () => Promise<void>): Promise<void> };
    };
    const order: number[] = [];
    await Promise.all(
      [1, 2].map((n) =>
        locks.request("one", async () => {
          await sleep(5);
          order.push(n);
        }),
      ),
    );
    return order;
  },
  "AsyncLocalStorage follows timers, promises, threads of the pool and events": async () => {
    const storage = new AsyncLocalStorage<string>();
    const { readFile } = await import("node:fs");
    const seen = await storage.run("here", async () => {
      const inTimer = await new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 1));
      const inPool = await new Promise((resolve) =>
        readFile("/proc/self/stat", () => resolve(storage.getStore())),
      );
      const inPromise = await Promise.resolve().then(() => storage.getStore());
      const bound = AsyncLocalStorage.bind(() => storage.getStore());
      return [inTimer, inPool, inPromise, bound];
    });
    return [...seen.slice(0, 3), (seen[3] as () => unknown)(), storage.getStore() ?? null];
  },
  "async hooks count what begins": async () => {
    const types = new Set<string>();
    const hook = createHook({ init: (_id, type) => void types.add(type) }).enable();
    await sleep(1);
    new AsyncResource("Mine").emitDestroy();
    hook.disable();
    return [types.has("Timeout"), types.has("PROMISE"), types.has("Mine"), executionAsyncId() >= 0];
  },
  "diagnostics channels, those of Node's own included": async () => {
    const heard: string[] = [];
    diagnostics.subscribe("mine", (message) => void heard.push(String(message)));
    diagnostics.channel("mine").publish("said");
    const { default: http } = await import("node:http");
    diagnostics.subscribe("http.server.request.start", () => void heard.push("request"));
    const server = http.createServer((_, response) => response.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    server.closeAllConnections();
    server.close();
    const traced = diagnostics.tracingChannel("traced").traceSync(() => 5);
    return [heard, traced];
  },
  "events: once, on, errors, and targets": async () => {
    const emitter = new EventEmitter();
    setImmediate(() => emitter.emit("a", 1, 2));
    const values = await once(emitter, "a");
    const target = new EventTarget();
    const heard = new Promise((resolve) =>
      target.addEventListener("x", ({ type }) => resolve(type), { once: true }),
    );
    target.dispatchEvent(new Event("x"));
    return [values, await heard, EventEmitter.defaultMaxListeners];
  },
};

export default answering(questions);
