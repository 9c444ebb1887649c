import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BareOptions, type BareRun, runBare } from "./run-bare.ts";
import { PlainZygote } from "./support/plain-zygote.ts";

/** Whatever a function does, it is the same in a process that booted for it and in a copy of a zygote. */
const STARTS = ["boot", "fork"] as const;

const zygotes = new Map<string, Promise<PlainZygote>>();

function zygoteWith(nodeArguments: readonly string[]): Promise<PlainZygote> {
  const key = nodeArguments.join(" ");
  const zygote = zygotes.get(key) ?? PlainZygote.open({ nodeArguments });
  zygotes.set(key, zygote);
  return zygote;
}

/** Set by the `describe` of each start. */
let start: (typeof STARTS)[number] = "boot";

async function run(code: string, options: BareOptions = {}): Promise<BareRun> {
  if (start === "boot") return runBare(code, options);
  return (await zygoteWith(options.nodeArguments ?? [])).call(code, options);
}

afterAll(async () => {
  for (const zygote of zygotes.values()) await (await zygote).close();
});

const http = (more: object = {}) => ({
  method: "POST",
  path: "/",
  query: "",
  headers: [] as [string, string][],
  origin: "http://localhost:8080",
  rawBodyIsEvent: false,
  ...more,
});

describe.each(STARTS)("by %s", (by) => {
  beforeAll(() => {
    start = by;
  });

  describe("handler shapes", () => {
    test.each([
      ["a default export", "exports.default = (event) => event.a + 1;"],
      ["module.exports itself", "module.exports = async (event) => event.a + 1;"],
      ["Lambda's named handler", "exports.handler = async (event) => event.a + 1;"],
      [
        "Lambda's handler with a callback",
        "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, event.a + 1), 5); };",
      ],
      [
        "a handler with a callback that returns a promise",
        "exports.handler = async (event, context, callback) => event.a + 1;",
      ],
    ])("%s", async (_title, code) => {
      expect((await run(code, { event: { a: 41 } })).result).toBe(42);
    });

    test.each(["compiled", "broken"] as const)("a bundle with a code cache that is %s", async (cache) => {
      const code =
        "exports.default = async (event) => [event.a + 1, (await import('node:path')).basename(__filename), require('node:url').URL.name];";
      expect((await run(code, { event: { a: 41 }, cache })).result).toEqual([42, "index.ts", "URL"]);
    });

    test("an ES module with top-level await", async () => {
      const code = "const base = await Promise.resolve(40); export default () => base + 2;";
      expect((await run(code, { format: "esm" })).result).toBe(42);
    });

    test("a fetch handler gets the caller's request, environment and context", async () => {
      const { result } = await run(
        `exports.default = { async fetch(request, env, ctx) {
          return Response.json({ url: request.url, method: request.method, a: request.headers.get("x-a"), body: await request.text(), env: typeof env.PATH, id: ctx.invocationId.length, aborted: request.signal.aborted });
        } };`,
        {
          http: http({
            method: "PUT",
            path: "/deep/é",
            query: "q=1&q=2",
            headers: [
              ["x-a", "1"],
              ["x-a", "2"],
            ],
          }),
          rawBody: Buffer.from("héllo"),
        },
      );
      expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: false });
      expect(JSON.parse((result as { body: string }).body)).toEqual({
        url: "http://localhost:8080/deep/%C3%A9?q=1&q=2",
        method: "PUT",
        a: "1, 2",
        body: "héllo",
        env: "string",
        id: 36,
        aborted: false,
      });
    });

    test("a fetch handler gets a producer's job as a POST of its event", async () => {
      const code =
        "exports.default = { fetch: async (request) => new Response(request.method + (await request.text())) };";
      expect((await run(code, { event: [1] })).result).toMatchObject({ body: "POST[1]" });
    });

    test("no handler is an error that names what there is and what is wanted", async () => {
      const { error } = await run("exports.main = () => 1;");
      expect(error).toMatchObject({ errorType: "HandlerNotFound" });
      expect(error?.errorMessage).toMatch(/main.*export default/);
    });
  });

  describe("results", () => {
    test.each<[string, string, unknown]>([
      ["undefined is null", "return undefined;", null],
      ["unicode and NUL", String.raw`return "\u{1fab0} \0 \u2028";`, "\u{1fab0} \0 \u2028"],
      [
        "a value that merely tells of a status",
        "return { statusCode: 200, url: 'x' };",
        { statusCode: 200, url: "x" },
      ],
      [
        "Lambda's answer",
        "return { statusCode: 201, headers: { 'X-A': 1 }, cookies: ['a=1', 'b=2'], body: 'x' };",
        {
          statusCode: 201,
          headers: { "x-a": "1", "set-cookie": ["a=1", "b=2"] },
          body: "x",
          isBase64Encoded: false,
        },
      ],
      [
        "Lambda's answer without a body",
        "return { statusCode: 204 };",
        { statusCode: 204, headers: {}, body: "", isBase64Encoded: false },
      ],
      [
        "a Response with bytes and cookies",
        "const headers = new Headers([['set-cookie', 'a=1'], ['set-cookie', 'b=2']]); return new Response(new Uint8Array([255, 0]), { status: 404, headers });",
        { statusCode: 404, headers: { "set-cookie": ["a=1", "b=2"] }, body: "/wA=", isBase64Encoded: true },
      ],
    ])("%s", async (_title, body, expected) => {
      expect((await run(`exports.default = async () => { ${body} };`)).result).toEqual(expected);
    });

    test.each([
      ["a cycle", "const a = {}; a.a = a; return a;"],
      ["a BigInt", "return { n: 1n };"],
      ["a function", "return () => 1;"],
      ["a status that is none", "return { statusCode: 99, body: '' };"],
      ["a status of text", "return { statusCode: '200', body: '' };"],
      ["a header with a line break", String.raw`return { statusCode: 200, headers: { a: "b\r\nc" } };`],
      ["a header name with a space", "return { statusCode: 200, headers: { 'a b': 'c' } };"],
      ["a body that is an object", "return { statusCode: 200, body: { a: 1 } };"],
    ])("%s is an InvalidResult", async (_title, body) => {
      const { error } = await run(`exports.default = async () => { ${body} };`);
      expect(error?.errorType).toBe("InvalidResult");
    });

    test("a result over the limit is told, not sent", async () => {
      const header = { resultBytes: 100 };
      const { frames } = await run("exports.default = () => 'x'.repeat(99);", { header });
      expect(frames.at(-1)).toMatchObject({ type: "tooLarge", bytes: 101 });
      expect((await run("exports.default = () => 'x'.repeat(98);", { header })).result).toHaveLength(98);
    });

    test("six megabytes pass, also where the function looked at its signal", async () => {
      const code = "exports.default = (event, context) => { context.signal; return 'é'.repeat(3_000_000); };";
      expect((await run(code)).result).toHaveLength(3_000_000);
    });
  });

  describe("the end of a call", () => {
    test("what is thrown comes with its class, message and stack", async () => {
      const code =
        "class Odd extends Error {}\nexports.default = () => { throw new Odd('no', { cause: new TypeError('deep') }); };";
      const { error } = await run(code);
      expect(error).toMatchObject({ errorType: "Odd", errorMessage: "no" });
      expect(error?.stack).toMatch(/^Error: no\n {4}at .*index\.ts:2/);
      expect(error?.stack).toMatch(/Caused by: TypeError: deep/);
      expect(error?.stack).not.toMatch(/runner|node:/);
    });

    test.each([
      ["a string", "throw 'text';", { errorType: "string", errorMessage: "text" }],
      ["nothing", "throw undefined;", { errorType: "undefined", errorMessage: "undefined" }],
      ["a trap", "throw { get message() { throw 1; } };", { errorType: "Error" }],
      [
        "a rejection nobody waits for",
        "setTimeout(() => Promise.reject(new RangeError('loose')), 1); return new Promise(() => setTimeout(() => {}, 4000));",
        { errorType: "RangeError", errorMessage: "loose" },
      ],
      [
        "an event emitter's error",
        "setTimeout(() => new (require('node:events'))().emit('error', new TypeError('e')), 1); return new Promise(() => {});",
        { errorType: "TypeError" },
      ],
      [
        "a full disk, wrapped",
        "throw new Error('no', { cause: Object.assign(new Error('x'), { code: 'ENOSPC' }) });",
        { code: "ENOSPC" },
      ],
    ])("%s that is thrown", async (_title, body, expected) => {
      expect((await run(`exports.default = () => { ${body} };`)).error).toMatchObject(expected);
    });

    test("code that throws as it is loaded never calls the handler", async () => {
      const { frames } = await run("throw new Error('at load');");
      expect(frames.map(({ type }) => type)).toEqual(["error"]);
    });

    test("a handler of the function's own takes uncaught errors itself", async () => {
      const { result } = await run(
        "process.on('uncaughtException', () => {}); exports.default = () => new Promise((resolve) => { setTimeout(() => { throw new Error('x'); }, 1); setTimeout(() => resolve('ok'), 20); });",
      );
      expect(result).toBe("ok");
    });

    test("a promise that never settles leaves with 0 once the loop is empty, process.exit with its code", async () => {
      expect(await run("exports.default = () => new Promise(() => {});")).toMatchObject({
        exitCode: 0,
        result: undefined,
      });
      expect(await run("exports.default = () => process.exit(3);")).toMatchObject({
        exitCode: 3,
        result: undefined,
      });
      expect(
        await run(
          "exports.default = (event, { signal }) => new Promise(() => signal.addEventListener('abort', () => {}));",
        ),
      ).toMatchObject({ exitCode: 0 });
    });

    test("timers and exit listeners are not waited for", async () => {
      const { result, stdout } = await run(
        "exports.default = () => { process.on('exit', () => console.log('exit')); setTimeout(() => console.log('late'), 30); return 1; };",
      );
      expect({ result, stdout }).toEqual({ result: 1, stdout: "" });
    });

    test("waitUntil keeps the process after the answer, and what fails there is in the log", async () => {
      const { frames, stdout, stderr } = await run(
        "exports.default = (event, { waitUntil }) => { waitUntil(new Promise((resolve) => setTimeout(resolve, 30)).then(() => { console.log('after'); waitUntil(Promise.reject(new Error('lost'))); })); return 1; };",
      );
      expect(frames.map((frame) => [frame.type, "pending" in frame && frame.pending])).toEqual([
        ["called", false],
        ["result", true],
        ["settled", false],
      ]);
      expect(stdout).toBe("after\n");
      expect(stderr).toMatch(/waitUntil: Error: lost/);
    });

    test("a cancel aborts the signal", async () => {
      const code =
        "exports.default = (event, { signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => resolve(signal.reason.name)); setTimeout(() => {}, 4000); });";
      expect((await run(code, { cancelAfterMs: 30 })).result).toBe("AbortError");
    });

    test("the signal aborts before time is up, and giving up on it is told as such", async () => {
      const code =
        "exports.default = (event, { signal }) => new Promise((resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); setTimeout(() => {}, 4000); });";
      expect((await run(code, { timeoutMs: 400 })).error).toMatchObject({
        errorType: "TimeoutError",
        isTimeUp: true,
      });
    });

    test("a heap that overflows is told by V8's own callback", async () => {
      const code =
        "exports.default = () => { const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length)); };";
      const ended = await run(code, {
        nodeArguments: ["--max-old-space-size=24", "--max-semi-space-size=1"],
      });
      expect(ended.frames.at(-1)).toEqual({ type: "heapOom" });
      expect(ended.signal).toBe("SIGABRT");
      expect(ended.stderr).toMatch(/heap out of memory/);
    });
  });

  describe("context and output", () => {
    test("the context holds the contract's names and Lambda's", async () => {
      const { result } = await run(
        "exports.default = (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(), secret: process.env.S, raw: context.http.rawBody.toString() });",
        {
          event: 1,
          http: http({
            headers: [
              ["a", "1"],
              ["a", "2"],
            ],
            rawBodyIsEvent: true,
          }),
          header: { secrets: { S: "s" } },
        },
      );
      expect(result).toMatchObject({
        functionName: "bare",
        awsRequestId: "0193a5b0-7c1e-7000-8000-000000000001",
        memoryLimitInMB: "128",
        job: null,
        http: { method: "POST", headers: { a: "1, 2" } },
        raw: "1",
        secret: "s",
      });
      expect((result as { left: number }).left).toBeGreaterThan(3000);
    });

    test("what was printed before the answer is in the pipes whole, in either stream's order", async () => {
      const { stdout, stderr } = await run(
        "exports.default = (event, { log }) => { console.log('a %d', 1); console.group('g'); console.info({ b: 1 }); console.groupEnd(); process.stdout.write('raw\\n'); log.warn('w'); console.table([[1]]); console.log('x'.repeat(200_000)); return 1; };",
      );
      expect(stdout).toMatch(/^a 1\ng\n {2}\{ b: 1 \}\nraw\n/);
      expect(stdout).toMatch(/x{200000}\n$/);
      expect(stderr).toBe("w\n");
    });

    test("import.meta, __dirname and a dynamic import are those of the entry", async () => {
      const code =
        "exports.default = async () => [__mayfly_import_meta.url.endsWith('/index.ts'), __mayfly_import_meta.dirname === __dirname, (await import('node:path')).basename(__filename), require.main === module];";
      expect((await run(code)).result).toEqual([true, true, "index.ts", false]);
    });
  });
});
