import {
  type BootReason,
  ISOLATIONS,
  type ManifestInput,
  type OutcomeKind,
  receiptSchema,
} from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;

const FILL =
  "const { writeFileSync } = await import('node:fs'); for (let i = 0; ; i++) writeFileSync('/tmp/' + i, Buffer.alloc(100_000));";
const SPAWN =
  "const { spawn } = await import('node:child_process'); await Promise.all(Array.from({ length: 30 }, () => new Promise((resolve, reject) => spawn('/bin/sleep', ['5']).on('error', reject).on('exit', resolve))));";
const LEAK = "const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length));";
const BUFFERS = "const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));";

type Case = [title: string, kind: OutcomeKind, code: string, manifest?: Partial<ManifestInput>];

/** Why what is no nodejs24 boots in any case. */
const OF_OTHERS = new Set<BootReason>(["isolation", "runtime"]);

describe.each(ISOLATIONS)("where processes are started by %s,", (isolation) => {
  beforeAll(async () => {
    rig = await openRig({ isolation });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  describe("each end says why", () => {
    test.each<Case>([
      ["a value", "ok", "return 1;"],
      ["a throw", "functionError", "throw new Error('x');"],
      ["a cyclic result", "functionError", "const a = {}; a.a = a; return a;"],
      ["process.exit(3)", "exited", "process.exit(3);"],
      ["a promise that never settles", "exited", "return new Promise(() => {});"],
      [
        "a SIGKILL of its own",
        "signalled",
        "process.kill(process.pid, 'SIGKILL'); return new Promise(() => setTimeout(() => {}, 9000));",
      ],
      ["an abort", "signalled", "process.abort();"],
      ["a busy loop", "timedOut", "for (;;);", { limits: { timeoutMs: 500 } }],
      [
        "a timer that is too long",
        "timedOut",
        "await new Promise((resolve) => setTimeout(resolve, 9000));",
        { limits: { timeoutMs: 500 } },
      ],
      [
        "a function that gave up at its signal",
        "timedOut",
        "await new Promise((resolve, reject) => { context.signal.addEventListener('abort', () => reject(context.signal.reason)); setTimeout(() => {}, 9000); });",
        { limits: { timeoutMs: 500 } },
      ],
      ["too much CPU", "cpuTimeExceeded", "for (;;);", { limits: { cpuTimeMs: 300, timeoutMs: 9000 } }],
      ["buffers", "outOfMemory", BUFFERS, { limits: { memory: "64m" } }],
      [
        "a full tmpfs that counts as memory",
        "outOfMemory",
        FILL,
        { limits: { memory: "64m", tmpfsSize: "1g" } },
      ],
      ["a JavaScript leak in 64m", "heapOutOfMemory", LEAK, { limits: { memory: "64m" } }],
      ["a JavaScript leak in 256m", "heapOutOfMemory", LEAK, { limits: { memory: "256m" } }],
      ["refused children", "pidsExhausted", SPAWN, { limits: { pidsLimit: 16 } }],
      ["a full /tmp", "diskFull", FILL, { limits: { tmpfsSize: "1m" } }],
      [
        "a file over tmpfsSize",
        "diskFull",
        "const { openSync, writeSync } = await import('node:fs'); writeSync(openSync('/tmp/sparse', 'w'), 'x', 2 << 20);",
        { limits: { tmpfsSize: "1m" } },
      ],
      [
        "a result over the limit",
        "outputTooLarge",
        "return 'x'.repeat(70_000);",
        { limits: { resultBytes: "64k" } },
      ],
      [
        "nonsense on the control channel",
        "functionError",
        "const { writeSync } = await import('node:fs'); writeSync(3, 'hello, worker'); return new Promise(() => setTimeout(() => {}, 9000));",
      ],
      [
        "a forged frame of a gigabyte",
        "outputTooLarge",
        "const { writeSync } = await import('node:fs'); writeSync(3, Buffer.from([64, 0, 0, 0, 17])); return new Promise(() => setTimeout(() => {}, 9000));",
      ],
      [
        "a flood of frames",
        "functionError",
        "const { writeSync } = await import('node:fs'); for (;;) writeSync(3, Buffer.from([0, 0, 0, 0, 20]));",
      ],
      [
        "a forged result that is no JSON",
        "functionError",
        "const { writeSync } = await import('node:fs'); writeSync(3, Buffer.from([0, 0, 0, 10, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 123])); return new Promise(() => setTimeout(() => {}, 9000));",
      ],
    ])("%s is %s", async (_title, kind, code, manifest = {}) => {
      const reply = await rig.run(`export default async (event, context) => { ${code} };`, manifest);
      expect(reply.outcome, JSON.stringify(reply.outcome)).toMatchObject({ kind });
      const { receipt, state } = await rig.record(reply.id);
      expect(state).toBe(kind === "ok" ? "succeeded" : "failed");
      expect(receiptSchema.parse(receipt)).toBeTruthy();
      if (kind === "outOfMemory") expect(receipt?.memory.oomKills).toBeGreaterThanOrEqual(1);
      if (kind === "heapOutOfMemory") expect(receipt?.memory.oomKills).toBe(0);
      if (kind === "pidsExhausted") expect(receipt?.pids.refused).toBeGreaterThanOrEqual(1);
      if (code === "process.exit(3);") expect(reply.outcome.exitCode).toBe(3);
      if (kind !== "ok") expect(reply.outcome.message).toMatch(/./);
    });

    test.each<[string, OutcomeKind, string, Partial<ManifestInput>?]>([
      ["a status", "exited", "exit 7"],
      ["a signal", "signalled", "kill -TERM $$; sleep 9"],
      ["a timeout", "timedOut", "sleep 9", { limits: { timeoutMs: 400 } }],
      [
        "a full tmpfs",
        "diskFull",
        "cat /dev/zero > /tmp/full || exit 1",
        { limits: { tmpfsSize: "1m", ulimits: { fsize: { soft: 1 << 30, hard: 1 << 30 } } } },
      ],
      [
        "a file over tmpfsSize",
        "diskFull",
        "exec dd if=/dev/zero of=/tmp/x bs=1024 seek=2048 count=1",
        { limits: { tmpfsSize: "1m" } },
      ],
      ["too much output", "outputTooLarge", "exec cat /dev/zero", { limits: { resultBytes: "64k" } }],
      ["memory", "outOfMemory", "exec tail /dev/zero", { limits: { memory: "32m" } }],
    ])("an executable that ends by %s is %s", async (_title, kind, script, manifest = {}) => {
      const reply = await rig.run(`#!/bin/sh\n${script}\n`, {
        runtime: "exec",
        entry: "run.sh",
        ...manifest,
      });
      expect(reply.outcome, JSON.stringify(reply.outcome)).toMatchObject({ kind });
    });

    test.each([
      ["without an interpreter's line", "cat\n"],
      ["whose interpreter is not there", "#!/usr/bin/nowhere\n"],
    ])("an executable %s is the function's own failure", async (_title, script) => {
      const { outcome } = await rig.run(script, { runtime: "exec", entry: "run.sh" });
      expect(outcome).toMatchObject({ kind: "functionError", errorType: "NotExecutable" });
      expect(outcome.message).toContain("run.sh cannot be executed");
    });

    test("the wall limit ends a blocked event loop within 100 ms of it", async () => {
      await rig.deploy(
        { name: "blocked", limits: { timeoutMs: 600 } },
        { "index.ts": "export default () => { for (;;); };" },
      );
      await rig.call("blocked");
      const reply = await rig.call("blocked");
      expect(reply.outcome.kind).toBe("timedOut");
      const { initUs = 0, runUs = 0 } = reply.timing ?? {};
      expect(reply.tookMs).toBeGreaterThanOrEqual(600);
      expect((initUs + runUs) / 1000).toBeLessThan(700);
    });
  });

  describe("a limit that was met and handled stays ok", () => {
    test("and the counters tell of it", async () => {
      const reply = await rig.run(
        `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
      export default async () => {
        let full = null, refused = 0;
        try { for (let i = 0; ; i++) writeFileSync("/tmp/" + i, Buffer.alloc(100_000)); } catch (error) { full = error.code; }
        await Promise.all(Array.from({ length: 30 }, () => new Promise((resolve) => spawn("/bin/sleep", ["0.2"]).on("error", (error) => { refused += error.code === "EAGAIN" ? 1 : 0; resolve(null); }).on("exit", resolve))));
        return { full, refused };
      };`,
        { limits: { pidsLimit: 16, tmpfsSize: "1m" } },
      );
      const { receipt } = await rig.record(reply.id);
      const { full, refused } = reply.result as { full: string; refused: number };
      expect(reply.outcome.kind).toBe("ok");
      expect(full).toBe("ENOSPC");
      expect(refused).toBeGreaterThan(0);
      expect(receipt?.pids.refused).toBeGreaterThanOrEqual(refused);
    });

    test("a child that is killed for memory while the main process answers", async () => {
      const reply = await rig.run(
        `import { spawn } from "node:child_process";
      export default () => new Promise((resolve) => spawn("/bin/sh", ["-c", "echo 1000 > /proc/self/oom_score_adj; exec tail /dev/zero"]).on("exit", (code, signal) => resolve(signal)));`,
        { limits: { memory: "96m" } },
      );
      expect(reply).toMatchObject({ outcome: { kind: "ok" }, result: "SIGKILL" });
      expect((await rig.record(reply.id)).receipt?.memory.oomKills).toBeGreaterThanOrEqual(1);
    });

    test("a heap snapshot of the end: an error that is caught, a signal that is heeded in time", async () => {
      const reply = await rig.run(
        "export default (event, { signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => resolve(signal.reason.name)); setTimeout(() => {}, 9000); });",
        { limits: { timeoutMs: 800 } },
      );
      expect(reply).toMatchObject({ outcome: { kind: "ok" }, result: "TimeoutError" });
    });
  });

  describe("cancelling", () => {
    const slow =
      "export default async (event, { signal, log }) => { signal.addEventListener('abort', () => log.info('told')); await new Promise((resolve) => setTimeout(resolve, 15_000)); };";

    test("ends a running invocation, which is told first", async () => {
      await rig.deploy({ name: "slow", limits: { timeoutMs: 20_000 } }, { "index.ts": slow });
      const id = await rig.enqueue("slow");
      await expect
        .poll(async () => (await rig.worker.store.invocations.get(id))?.state, { timeout: 10_000 })
        .toBe("running");
      await expect
        .poll(async () => (await rig.worker.store.invocations.get(id))?.pid, { timeout: 10_000 })
        .toBeGreaterThan(1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const cancelled = await rig.producer.cancel(id);
      expect(cancelled).toMatchObject({
        cancelled: true,
        record: { state: "cancelled", outcome: { kind: "cancelled" } },
      });
      expect((await rig.logs(id)).lines.map(({ text }) => text)).toEqual(["told"]);
    });
  });

  test("afterwards nothing is left, and each attempt was told to the observer with its receipt", async () => {
    // A caller is answered before the last tear-down has been settled.
    await expect.poll(() => rig.gauges.slots().busy, { timeout: 10_000 }).toBe(0);
    expect(rig.gauges.leaked()).toEqual({ processes: 0, cgroups: 0, mounts: 0, netns: 0 });
    // Where nothing could be executed there was no process, and so no receipt: twice above.
    const without = rig.attempts.filter(({ receipt }) => receipt === null);
    expect(without.map(({ outcome }) => outcome)).toEqual(["functionError", "functionError"]);
  });

  test("each was what it should be", () => {
    const counted = rig.starts.filter(({ name }) => !name.startsWith("warm-"));
    const forked = counted.filter(({ start }) => start.how !== "boot");
    const others = counted.filter(({ start }) => start.how === "boot" && OF_OTHERS.has(start.why));
    expect(forked).toHaveLength(isolation === "fork" ? counted.length - others.length : 0);
  });
});
