import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BareOptions, type BareRun, runBare } from "./run-bare.ts";
import { PlainZygote } from "./support/plain-zygote.ts";

let zygote: PlainZygote;
beforeAll(async () => {
  zygote = await PlainZygote.open({ runtime: "python3" });
});
afterAll(() => zygote.close());

/** Whatever a function does, it is the same in a process that booted for it and in a copy of a zygote. */
const STARTS: Readonly<Record<string, (code: string, options: BareOptions) => Promise<BareRun>>> = {
  boot: runBare,
  fork: (code, options) => zygote.call(code, options),
};

describe.each(Object.entries(STARTS))("by %s", (_start, start) => {
  const run = (code: string, options: BareOptions = {}) => start(code, { runtime: "python3", ...options });

  test("a handler gets event and context, and answers", async () => {
    const { result, stdout, stderr } = await run(
      `import sys, os
def handler(event, context):
    print("out")
    print("err", file=sys.stderr)
    return {"n": len(event["words"]), "name": context.function_name, "left": context.get_remaining_time_in_millis() > 0, "secret": os.environ["S"], "é": "\u{1fab0}"}
`,
      { event: { words: ["a", "b"] }, header: { secrets: { S: "s" } } },
    );
    expect(result).toEqual({ n: 2, name: "bare", left: true, secret: "s", é: "\u{1fab0}" });
    expect([stdout, stderr]).toEqual(["out\n", "err\n"]);
  });

  test("an async handler is awaited, and None is null", async () => {
    expect((await run("async def handler(event, context):\n    return None\n")).result).toBeNull();
  });

  test("the request's bytes are there, and Lambda's answer is an HTTP response", async () => {
    const { frames } = await run(
      "def handler(event, context):\n    return {'statusCode': 201, 'headers': {'X-A': 1}, 'body': context.http.raw_body}\n",
      {
        http: { method: "PUT", path: "/", query: "", headers: [], origin: "http://x", rawBodyIsEvent: false },
        rawBody: Buffer.from([255, 0]),
      },
    );
    const result = frames.find((frame) => frame.type === "result");
    expect(result).toMatchObject({ isHttpResponse: true });
    expect(JSON.parse(result?.json.toString() ?? "")).toEqual({
      statusCode: 201,
      headers: { "x-a": "1" },
      body: "/wA=",
      isBase64Encoded: true,
    });
  });

  test.each([
    ["a raised error", "raise KeyError('k')", { errorType: "KeyError", code: null }],
    ["a full disk", "raise OSError(28, 'full')", { errorType: "OSError", code: "ENOSPC" }],
    ["a thread that was refused", 'raise RuntimeError("can\'t start new thread")', { code: "EAGAIN" }],
    ["a cycle", "a = []; a.append(a); return a", { errorType: "InvalidResult" }],
    ["not a number", "return float('nan')", { errorType: "InvalidResult" }],
    ["a set", "return {1}", { errorType: "InvalidResult" }],
    ["a status that is none", "return {'statusCode': True}", { errorType: "InvalidResult" }],
  ])("%s is an error", async (_title, body, expected) => {
    expect((await run(`def handler(event, context):\n    ${body}\n`)).error).toMatchObject(expected);
  });

  test("a traceback names the user's lines alone", async () => {
    const { error } = await run(
      "def deep():\n    raise ValueError('no')\n\ndef handler(event, context):\n    deep()\n",
    );
    expect(error?.stack).toMatch(/main\.py", line 5, in handler[\s\S]*line 2, in deep[\s\S]*ValueError: no$/);
    expect(error?.stack).not.toContain("runner.py");
  });

  test("a file without a handler, and one that does not parse, say so", async () => {
    expect((await run("x = 1\n")).error).toMatchObject({ errorType: "HandlerNotFound" });
    expect((await run("def handler(:\n")).error).toMatchObject({ errorType: "SyntaxError" });
  });

  test("sys.exit leaves with its status", async () => {
    expect(await run("import sys\ndef handler(event, context):\n    sys.exit(3)\n")).toMatchObject({
      exitCode: 3,
      error: null,
    });
  });

  test("a result over the limit is told, not sent", async () => {
    const { frames } = await run("def handler(event, context):\n    return 'x' * 99\n", {
      header: { resultBytes: 100 },
    });
    expect(frames.at(-1)).toMatchObject({ type: "tooLarge", bytes: 101 });
  });
});
