import { randomBytes } from "node:crypto";
import { type BootReason, ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;

/** Why what is no nodejs24 boots in any case. */
const OF_OTHERS = new Set<BootReason>(["isolation", "runtime"]);

describe.each(ISOLATIONS)("where processes are started by %s,", (isolation) => {
  beforeAll(async () => {
    rig = await openRig({ isolation });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  describe("a handler of any shape answers", () => {
    test.each<[string, string, string, unknown]>([
      [
        "TypeScript's default export, with types",
        "index.ts",
        "interface E { readonly n: number }\nexport default async function add({ n }: E): Promise<number> { return n + (1 satisfies number); }",
        42,
      ],
      ["Lambda's named export", "index.mjs", "export const handler = async (event) => event.n + 1;", 42],
      ["an unchanged CommonJS handler", "index.js", "exports.handler = async (event) => event.n + 1;", 42],
      [
        "Lambda's callback",
        "index.cjs",
        "exports.handler = (event, context, callback) => callback(null, event.n + 1);",
        42,
      ],
      [
        "a module that waits at its top level",
        "index.ts",
        "const one = await Promise.resolve(1);\nexport default ({ n }) => n + one;",
        42,
      ],
    ])("%s", async (_title, entry, code, expected) => {
      const reply = await rig.run(code, { entry }, { n: 41 });
      expect(reply).toMatchObject({ outcome: { kind: "ok" }, result: expected, isHttpResponse: false });
    });

    test("fetch, with the caller's request and a binary body", async () => {
      const bytes = randomBytes(70_000);
      await rig.deploy(
        { name: "fetcher" },
        {
          "index.ts": `export default { async fetch(request: Request) {
          const body = new Uint8Array(await request.arrayBuffer());
          return new Response(body.reverse(), { status: 203, headers: { "x-seen": request.method + " " + new URL(request.url).pathname } });
        } };`,
        },
      );
      const reply = await rig.call("fetcher", null, {
        method: "PUT",
        path: "/deep",
        rawBody: bytes.toString("base64"),
      });
      const result = reply.result as { body: string };
      expect(reply).toMatchObject({
        isHttpResponse: true,
        result: { statusCode: 203, isBase64Encoded: true, headers: { "x-seen": "PUT /deep" } },
      });
      expect(Buffer.from(result.body, "base64").equals(Buffer.from(bytes).reverse())).toBe(true);
    });

    test.each([
      ["a CommonJS bundle", ""],
      ["a bundle that waits at its top level", "await 1;"],
    ])(
      "several files, a package, data files beside the code, import.meta and __dirname, in %s",
      async (_title, before) => {
        await rig.deploy(
          { name: "files", entry: "src/main.ts" },
          {
            "src/main.ts": `${before} import { readFileSync } from "node:fs";
          import { double } from "./lib/double.ts";
          import shout from "shout";
          export default (n: number) => [double(n), shout("a"), readFileSync(new URL("./data.txt", import.meta.url), "utf8"), readFileSync(__dirname + "/../words.txt", "utf8")];`,
            "src/lib/double.ts": "export const double = (n: number): number => n * 2;",
            "src/data.txt": "data",
            "words.txt": "words",
            "node_modules/shout/package.json": '{"name":"shout","main":"index.js"}',
            "node_modules/shout/index.js":
              "const { format } = require('util'); module.exports = (text) => format('%s!', text.toUpperCase());",
          },
        );
        expect((await rig.call("files", 21)).result).toEqual([42, "A!", "data", "words"]);
      },
    );

    test("python3, with a module beside it", async () => {
      await rig.deploy(
        { name: "snake", runtime: "python3", entry: "main.py" },
        {
          "main.py":
            "import json\nfrom words import count\ndef handler(event, context):\n    return {'n': count(event), 'name': context.function_name}\n",
          "words.py": "def count(event):\n    return len(event['words'])\n",
        },
      );
      expect((await rig.call("snake", { words: ["a", "é"] })).result).toEqual({ n: 2, name: "snake" });
    });

    test("exec, whose output is JSON, text or nothing", async () => {
      const exec = { runtime: "exec", entry: "run.sh" } as const;
      expect((await rig.run("#!/bin/sh\nexec tr a-z A-Z\n", exec, "loud")).result).toBe("LOUD");
      expect((await rig.run("#!/bin/sh\nprintf 'two words'\n", exec)).result).toBe("two words");
      expect((await rig.run("#!/bin/sh\n", exec)).result).toBeNull();
    });
  });

  describe("events and results", () => {
    beforeAll(() => rig.deploy({ name: "echo" }, { "index.ts": "export default (event) => event;" }));

    test.each<[string, unknown]>([
      ["one of a megabyte", { big: "x".repeat(1_000_000) }],
      ["unicode", "h\u00e9llo \u{1fab0} \u0000 \u2028 \u6f22\u5b57"],
      ["null, of an empty body", null],
      ["numbers at their ends", [1e308, -0.5, 9_007_199_254_740_991]],
    ])("%s comes back as it went", async (_title, event) => {
      expect((await rig.call("echo", event)).result).toEqual(event);
    });

    test("a result of six megabytes arrives whole", async () => {
      const { result, outcome } = await rig.run("export default () => 'x'.repeat(6 * 1024 * 1024 - 2);");
      expect(outcome.kind).toBe("ok");
      expect(result).toHaveLength(6 * 1024 * 1024 - 2);
    });

    test("an earlier call leaves nothing for the next: a process of its own for each", async () => {
      await rig.deploy(
        { name: "memory" },
        {
          "index.ts":
            "import fs from 'node:fs'; let calls = 0; export default () => { const found = fs.existsSync('/tmp/x'); fs.writeFileSync('/tmp/x', ''); return [++calls, found]; };",
        },
      );
      expect((await rig.call("memory")).result).toEqual([1, false]);
      expect((await rig.call("memory")).result).toEqual([1, false]);
    });
  });

  describe("what a handler is given", () => {
    test("the context, and no more environment than it should have", async () => {
      await rig.worker.store.secrets.put("default", "TOKEN", "hush");
      const reply = await rig.run(
        "export default (event, context) => ({ ...context, signal: undefined, log: undefined, env: process.env, argv: process.argv.length, cwd: process.cwd() });",
        { name: "looker", secrets: ["TOKEN"], env: { MODE: "fast" }, limits: { memory: "96m" } },
      );
      const { env, ...context } = reply.result as { env: Record<string, string> };
      expect(context).toMatchObject({
        invocationId: reply.id,
        awsRequestId: reply.id,
        functionName: "looker",
        attempt: 1,
        memoryLimitBytes: 96 * 1024 ** 2,
        memoryLimitInMB: "96",
        http: { method: "POST", path: "/", headers: { "content-type": "application/json" } },
        job: null,
        argv: 2,
        cwd: "/function",
      });
      expect(env).toMatchObject({
        MODE: "fast",
        TOKEN: "hush",
        HOME: "/tmp",
        MAYFLY_FUNCTION: "looker",
        MAYFLY_INVOCATION_ID: reply.id,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "96",
      });
      expect(
        Object.keys(env).filter(
          (name) =>
            !/^(MAYFLY_(FUNCTION|VERSION|INVOCATION_ID)|AWS_LAMBDA_.*|PATH|HOME|TMPDIR|LANG|TZ|MODE|TOKEN)$/.test(
              name,
            ),
        ),
      ).toEqual([]);
    });

    test("what it prints is its log, with stream and time, there when the answer is", async () => {
      const reply = await rig.run(
        "export default (event, { log }) => { console.log('to stdout'); console.error('to stderr'); log.info({ a: 1 }); };",
      );
      const { lines, truncated } = await rig.logs(reply.id);
      expect(truncated).toBe(false);
      expect(lines.map(({ stream, text }) => [stream, text]).sort()).toEqual([
        ["stderr", "to stderr"],
        ["stdout", "to stdout"],
        ["stdout", "{ a: 1 }"],
      ]);
      expect(lines.every(({ time }) => Math.abs(time - Date.now()) < 10_000)).toBe(true);
    });

    test("stdin is at its end, also for children that inherit it", async () => {
      const reply = await rig.run(
        "import { execFileSync } from 'node:child_process'; export default async () => { let read = ''; for await (const chunk of process.stdin) read += chunk; return [read, execFileSync('/bin/cat', { stdio: ['inherit', 'pipe', 'inherit'] }).toString()]; };",
      );
      expect(reply.result).toEqual(["", ""]);
    });

    test("a log over its limit is cut with a marker, and the call goes on", async () => {
      const reply = await rig.run(
        "export default () => { for (let i = 0; i < 20_000; i++) console.log('line', i); return 'done'; };",
        { limits: { logBytes: "4k" } },
      );
      expect(reply.result).toBe("done");
      const record = await rig.record(reply.id);
      const { lines, truncated } = await rig.logs(reply.id);
      expect(truncated).toBe(true);
      expect(lines.at(-1)?.text).toMatch(/cut at its limit of 4k/);
      expect(record.receipt?.output.logBytes).toBe(4096);
    });

    test("waitUntil keeps the process after the answer, and what it prints is in the log", async () => {
      const reply = await rig.run(
        "export default (event, { waitUntil }) => { waitUntil(new Promise((resolve) => setTimeout(resolve, 600)).then(() => console.log('afterwards'))); return 1; };",
      );
      expect(reply.result).toBe(1);
      expect(reply.tookMs).toBeLessThan(550);
      await rig.record(reply.id);
      expect((await rig.logs(reply.id)).lines.map(({ text }) => text)).toEqual(["afterwards"]);
    });

    test("a waitUntil that the timeout cuts off is told in the receipt, and the outcome stays", async () => {
      const reply = await rig.run(
        "export default (event, { waitUntil }) => { waitUntil(new Promise((resolve) => setTimeout(resolve, 9000))); return 1; };",
        { limits: { timeoutMs: 500 } },
      );
      const record = await rig.record(reply.id);
      expect(record).toMatchObject({ state: "succeeded", outcome: { kind: "ok" } });
      expect(record.receipt?.afterAnswer).toEqual(["waitUntil was cut off by the timeout"]);
    });
  });

  test("each was what it should be", () => {
    const counted = rig.starts.filter(({ name }) => !name.startsWith("warm-"));
    const forked = counted.filter(({ start }) => start.how !== "boot");
    const others = counted.filter(({ start }) => start.how === "boot" && OF_OTHERS.has(start.why));
    expect(forked).toHaveLength(isolation === "fork" ? counted.length - others.length : 0);
  });
});
