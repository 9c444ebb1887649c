import type { ManifestInput, OutcomeKind } from "@mayfly/contract";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import { invocationIdOf, metricSum, type System } from "../support/system.ts";

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation);
  });
  afterAll(() => system[Symbol.asyncDispose]());

  interface Case {
    kind: OutcomeKind;
    status: number;
    limits?: ManifestInput["limits"];
    code: string;
  }

  const CASES: Record<string, Case> = {
    "a busy loop past the wall limit": {
      kind: "timedOut",
      status: 504,
      // Long enough that a slow machine does not take the call back before it has begun.
      limits: { timeoutMs: 2000 },
      code: "for (;;);",
    },
    "a busy loop past the CPU limit": {
      kind: "cpuTimeExceeded",
      status: 504,
      limits: { timeoutMs: 9000, cpuTimeMs: 300 },
      code: "for (;;);",
    },
    "buffers past the memory limit": {
      kind: "outOfMemory",
      status: 500,
      limits: { memory: "64m" },
      code: "const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));",
    },
    "a JavaScript heap that overflows": {
      kind: "heapOutOfMemory",
      status: 500,
      limits: { memory: "64m" },
      code: "const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length));",
    },
    "process.exit(3)": { kind: "exited", status: 500, code: "process.exit(3);" },
    "a promise that never settles": { kind: "exited", status: 500, code: "return new Promise(() => {});" },
    "a SIGKILL sent by itself": {
      kind: "signalled",
      status: 500,
      code: "process.kill(process.pid, 'SIGKILL'); return new Promise(() => setTimeout(() => {}, 9000));",
    },
    "a result that is too large": {
      kind: "outputTooLarge",
      status: 500,
      limits: { resultBytes: "64k" },
      code: "return 'x'.repeat(70_000);",
    },
    "a full /tmp, not handled": {
      kind: "diskFull",
      status: 500,
      limits: { tmpfsSize: "1m" },
      code: "const { writeFileSync } = await import('node:fs'); for (let i = 0; ; i++) writeFileSync('/tmp/' + i, Buffer.alloc(100_000));",
    },
    "too many children, not handled": {
      kind: "pidsExhausted",
      status: 500,
      limits: { pidsLimit: 16 },
      code: "const { spawn } = await import('node:child_process'); await Promise.all(Array.from({ length: 30 }, () => new Promise((resolve, reject) => spawn('/bin/sleep', ['5']).on('error', reject).on('exit', resolve))));",
    },
    "a cyclic result": { kind: "functionError", status: 500, code: "const a = {}; a.a = a; return a;" },
  };

  describe("each end says why", () => {
    test.each(Object.entries(CASES))("%s", async (title, { kind, status, limits, code }) => {
      const name = title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, 40)
        .replace(/-$/, "");
      await system.deploy(
        { name, runtime: "nodejs24", entry: "index.ts", ...(limits ? { limits } : {}) },
        { "index.ts": `export default async () => { ${code} };` },
      );
      const answer = await system.call(name, {});
      expect(answer.headers.get("mayfly-outcome"), await answer.clone().text()).toBe(kind);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      const record = await system.record(invocationIdOf(answer));
      expect(record.state).toBe("failed");
      expect(record.attempts).toHaveLength(1);
      expect(record.receipt).not.toBeNull();
      if (kind === "timedOut") {
        const { initUs = 0, runUs = 0 } = record.receipt?.timing ?? {};
        const lateMs = (initUs + runUs) / 1000 - (limits?.timeoutMs ?? 0);
        expect(lateMs).toBeGreaterThan(-10);
        expect(lateMs).toBeLessThan(100);
      }
      if (kind === "outOfMemory") expect(record.receipt?.memory.oomKills).toBeGreaterThanOrEqual(1);
      if (kind === "pidsExhausted") expect(record.receipt?.pids.refused).toBeGreaterThanOrEqual(1);
      if (title === "process.exit(3)") expect(record.outcome).toMatchObject({ exitCode: 3 });
      if (title === "a cyclic result") expect(record.outcome).toMatchObject({ errorType: "InvalidResult" });
    });

    test("a limit that was met and handled stays ok, and its counters tell of it", async () => {
      await system.deploy(
        {
          name: "near-miss",
          runtime: "nodejs24",
          entry: "index.ts",
          limits: { pidsLimit: 16, tmpfsSize: "1m" },
        },
        {
          "index.ts": `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
        export default async () => {
          let full = null, refused = 0;
          try { for (let i = 0; ; i++) writeFileSync("/tmp/" + i, Buffer.alloc(100_000)); } catch (error) { full = error.code; }
          await Promise.all(Array.from({ length: 30 }, () => new Promise((resolve) => spawn("/bin/sleep", ["0.2"]).on("error", (error) => { refused += error.code === "EAGAIN" ? 1 : 0; resolve(null); }).on("exit", resolve))));
          return { full, refused };
        };`,
        },
      );
      const answer = await system.call("near-miss", {});
      const result = (await answer.json()) as { full: string; refused: number };
      expect(answer.headers.get("mayfly-outcome")).toBe("ok");
      expect(result.full).toBe("ENOSPC");
      expect(result.refused).toBeGreaterThan(0);
      const record = await system.record(invocationIdOf(answer));
      expect(record.receipt?.pids.refused).toBeGreaterThanOrEqual(result.refused);
    });

    test("every end was counted once, and nothing leaked", async () => {
      const text = await system.workerMetrics();
      for (const { kind } of Object.values(CASES))
        expect(metricSum(text, "mayfly_invocations_total", { outcome: kind }), kind).toBeGreaterThanOrEqual(
          1,
        );
      expect(metricSum(text, "mayfly_leaked_total")).toBe(0);
      expect(metricSum(text, "mayfly_oom_kills_total")).toBeGreaterThanOrEqual(1);
    });
  });

  test("they were", async () => {
    expect(await startsOf(system)).toEqual({ someForked: isolation === "fork", bootsInstead: 0 });
  });
});
