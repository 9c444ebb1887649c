import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SELF_TESTS, type SelfTestResult } from "../protocol/index.ts";
import { PlainZygote } from "./support/plain-zygote.ts";

const HEAP = ["--max-old-space-size=64", "--max-semi-space-size=2"];
const selfTest = readFileSync(join(SELF_TESTS.nodejs.folder, SELF_TESTS.nodejs.file), "utf8");

let zygote: PlainZygote;
beforeAll(async () => {
  zygote = await PlainZygote.open({ nodeArguments: HEAP });
});
afterAll(() => zygote.close());

const resultOf = async (body: string, options = {}) => {
  const run = await zygote.call(`exports.default = async (event) => { ${body} };`, options);
  expect(run.error).toBeNull();
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape of what its own code returns.
  return run.result as any;
};

describe("a copy's own", () => {
  test("numbers are not the zygote's", async () => {
    const { pid, self } = await resultOf(
      "return { pid: process.pid, self: Number(require('node:fs').readlinkSync('/proc/self')) };",
    );
    expect(pid).toBe(self);
    expect(pid).not.toBe(zygote.pid);
  });

  test("time begins with its call", async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const times = await resultOf(
      `const { nodeTiming, timeOrigin } = performance;
       return { now: performance.now(), mark: performance.mark("m").startTime, uptime: process.uptime() * 1000,
         sinceOrigin: Date.now() - timeOrigin, boot: nodeTiming.bootstrapComplete, start: nodeTiming.nodeStart };`,
    );
    for (const ms of Object.values(times)) expect(ms).toBeLessThan(400);
    for (const ms of Object.values(times)) expect(ms).toBeGreaterThanOrEqual(0);
  });

  test("arguments are those of a boot, and nothing tells how the zygote was launched", async () => {
    const shown = await resultOf(
      `const { readFileSync } = require("node:fs");
       return { execArgv: process.execArgv, argv: process.argv.length, gc: typeof gc, env: Object.keys(process.env),
         report: process.report.getReport().environmentVariables,
         environ: readFileSync("/proc/self/environ", "latin1").replaceAll("\\0", ""),
         commandLine: readFileSync("/proc/self/cmdline", "latin1").split("\\0").slice(1, 3) };`,
    );
    const env = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
    expect(shown).toMatchObject({ execArgv: HEAP, argv: 2, gc: "undefined", environ: "", commandLine: HEAP });
    expect(new Set(shown.env)).toEqual(new Set(env));
    expect(new Set(Object.keys(shown.report))).toEqual(new Set(env));
  });

  test("environment, directory and time zone are those of the call", async () => {
    const options = { env: { A: "1", TZ: "Asia/Tokyo", HOME: "/usr" }, cwd: "/usr" };
    const shown = await resultOf(
      "return [process.env.A, process.cwd(), new Date(0).getHours(), require('node:module').globalPaths[0]];",
      options,
    );
    expect(shown).toEqual(["1", "/usr", 9, "/usr/.node_modules"]);
    expect(await resultOf("return [process.env.A, new Date(0).getHours()];")).toEqual([null, 0]);
  });

  test("random values are drawn by no sibling", async () => {
    const drawn: string[] = [];
    for (let i = 0; i < 20; i++) {
      const { result } = await zygote.call(selfTest);
      const { ok, failures, drawn: values } = result as SelfTestResult;
      expect({ ok, failures }).toEqual({ ok: true, failures: [] });
      drawn.push(...Object.values(values));
    }
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  test("worker threads draw values of their own", async () => {
    const draw = "require('node:worker_threads').parentPort.postMessage(Math.random())";
    const body = `const { Worker } = require("node:worker_threads");
      const draw = () => new Promise((resolve) => new Worker(${JSON.stringify(draw)}, { eval: true }).once("message", resolve));
      return [Math.random(), ...await Promise.all([draw(), draw(), draw()])];`;
    const drawn = [...(await resultOf(body)), ...(await resultOf(body))];
    expect(new Set(drawn).size).toBe(8);
  });
});

describe("background work", () => {
  test("makes hot code as fast as in a boot", async () => {
    const body = `const f = (n) => { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s; };
      const { user } = process.cpuUsage(); for (let k = 0; k < 60; k++) f(1e6); return process.cpuUsage().user - user;`;
    const script = `(async () => { console.log(await (async () => { ${body} })()); })()`;
    const booted = Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
    expect(await resultOf(body)).toBeLessThan(booted * 2 + 50_000);
  });

  test("compiles WebAssembly, and collects garbage", async () => {
    const body = `const bytes = Uint8Array.from([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);
      const { instance } = await WebAssembly.instantiate(bytes);
      let kept = [];
      for (let i = 0; i < 150; i++) {
        kept.push(Array.from({ length: 3000 }, (_, j) => ({ i, j })));
        if (kept.length > 30) kept.shift();
        if (i % 50 === 0) await new Promise(setImmediate);
      }
      return [instance.exports.add(1, 2), kept.length];`;
    expect(await resultOf(body)).toEqual([3, 30]);
  });

  test("is the process's own in each of many copies", async () => {
    for (let i = 0; i < 15; i++) {
      const run = await zygote.call(selfTest, { timeoutMs: 10_000 });
      expect(run.result).toMatchObject({ ok: true });
    }
  });
});

describe("the end", () => {
  test.each([
    ["process.exit", "process.exit(7);", 7],
    ["an empty loop", "return new Promise(() => {});", 0],
    ["an empty loop with a code", "process.exitCode = 5; return new Promise(() => {});", 5],
    [
      "a code that an exit listener sets",
      "process.on('exit', () => { process.exitCode = 9; }); return new Promise(() => {});",
      9,
    ],
    [
      "a worker thread that still runs",
      "new (require('node:worker_threads').Worker)('setInterval(() => {}, 1)', { eval: true }).unref(); return new Promise((resolve) => setTimeout(() => process.exit(3), 100));",
      3,
    ],
  ])("by %s", async (_title, body, code) => {
    const { exitCode } = await zygote.call(`exports.default = async () => { ${body} };`);
    expect(exitCode).toBe(code);
  });

  test("runs the listeners of a boot, in its order", async () => {
    const { stdout, exitCode } = await zygote.call(
      `process.on("beforeExit", () => console.log("beforeExit"));
       process.on("exit", (code) => console.log("exit", code, process.exitCode));
       exports.default = () => new Promise(() => {});`,
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "beforeExit\nexit 0 undefined\n", exitCode: 0 });
  });

  test("is by a signal where a boot's is", async () => {
    const end = async (body: string) => (await zygote.call(`exports.default = () => { ${body} };`)).signal;
    expect(await end("process.abort();")).toBe("SIGABRT");
    expect(
      await end(
        "process.kill(process.pid, 'SIGTERM'); return new Promise(() => setTimeout(() => {}, 4000));",
      ),
    ).toBe("SIGTERM");
  });
});

describe("a zygote", () => {
  test("refuses where a thread runs that it does not know", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mayfly-thread-"));
    const path = join(folder, "thread.cjs");
    // libuv's pool starts with the first file that is read asynchronously.
    writeFileSync(path, 'require("node:fs").readFile(__filename, () => {});');
    const env = { NODE_OPTIONS: `--v8-pool-size=1 --disable-sigusr1 --require=${path}` };
    await expect(PlainZygote.open({ env })).rejects.toThrow(
      /cannot serve as a zygote: .*an unexpected thread runs/,
    );
    rmSync(folder, { recursive: true });
  });

  test("reads and writes no memory that is not its own (AddressSanitizer)", async () => {
    const library = execFileSync("g++", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
    // V8's heap is not the C library's, so leaks cannot be told from what it still refers to.
    const env = { LD_PRELOAD: library, ASAN_OPTIONS: "detect_leaks=0" };
    const sanitized = await PlainZygote.open({ build: "asan", nodeArguments: HEAP, env });
    for (let i = 0; i < 3; i++) {
      const { result, stderr } = await sanitized.call(selfTest, { timeoutMs: 20_000 });
      expect({ result, stderr }).toMatchObject({ result: { ok: true, failures: [] }, stderr: "" });
    }
    expect((await sanitized.call("exports.default = () => process.exit(7);")).exitCode).toBe(7);
    expect((await sanitized.call("exports.default = () => new Promise(() => {});")).exitCode).toBe(0);
    await sanitized.close();
  });

  test("with every tuning serves the same", async () => {
    const other = await PlainZygote.open({
      nodeArguments: HEAP,
      tuning: { hugePages: true, rehearsedCopies: true },
    });
    expect((await other.call(selfTest)).result).toMatchObject({ ok: true });
    await other.close();
  });

  test("that is recycled has an address space of its own", async () => {
    const other = await PlainZygote.open({ nodeArguments: HEAP });
    const heapOf = (pid: number) =>
      /^([0-9a-f]+)-\S+ .*\[heap\]$/m.exec(readFileSync(`/proc/${pid}/maps`, "utf8"))?.[1];
    expect(heapOf(other.pid)).not.toBe(heapOf(zygote.pid));
    await other.close();
  });
});
