import { expect, test } from "vitest";
import { createResultChecker } from "./result-checker.ts";

const http = (more: object) =>
  JSON.stringify({ statusCode: 200, headers: {}, body: "", isBase64Encoded: false, ...more });

test.each<[string, string | Buffer, boolean, boolean]>([
  ["a value", '{"a":[1,"é"]}', false, true],
  ["no JSON", "{", false, false],
  ["nothing", "", false, false],
  ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), false, false],
  ["a thousand levels", "[".repeat(1000) + "]".repeat(1000), false, true],
  ["more levels than anybody can walk", "[".repeat(100_000) + "]".repeat(100_000), false, false],
  [
    "too many levels beside the event loop",
    `${'{"a":'.repeat(300_000)}1${"}".repeat(300_000)}`,
    false,
    false,
  ],
  ["more arrays than memory would hold", `[${"[],".repeat(11_000_000)}1]`, false, false],
  ["brackets in a string", JSON.stringify('["\\'.repeat(2000)), false, true],
  ["brackets side by side", `[${"[],{},".repeat(2000)}1]`, false, true],
  ["an HTTP answer", http({ headers: { "x-a": "b", "set-cookie": ["c", "d"] } }), true, true],
  ["an answer with a status of its own making", http({ statusCode: 99 }), true, false],
  ["an answer with a header that splits", http({ headers: { a: "b\r\nc: d" } }), true, false],
  ["an answer with no header name", http({ headers: { "a b": "c" } }), true, false],
  ["a value that says it is an answer", "1", true, false],
])("%s", async (_title, json, isHttpResponse, valid) => {
  await using checker = createResultChecker();
  expect((await checker.check(Buffer.from(json as string), isHttpResponse)).valid).toBe(valid);
});

test("a large result is checked beside the event loop", async () => {
  await using checker = createResultChecker();
  const large = Buffer.from(JSON.stringify(Array.from({ length: 300_000 }, (_, i) => ({ i }))));
  await checker.check(large, false);
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
  expect(await checker.check(large, false)).toEqual({ valid: true });
  clearInterval(timer);
  expect(longestMs).toBeLessThan(40);
  expect((await checker.check(large.subarray(1), false)).valid).toBe(false);
});

test("a thread that fails is our failure, of the result at hand alone", async () => {
  const code = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ json }) => {
      if (json[0] === 0x21) throw new Error("broken");
      parentPort.postMessage({ valid: true });
    });`;
  await using checker = createResultChecker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const large = (first: string) => Buffer.alloc(300_000, first);
  const checks = await Promise.allSettled(["1", "!", "2"].map((first) => checker.check(large(first), false)));
  expect(checks).toMatchObject([
    { status: "fulfilled", value: { valid: true } },
    { status: "rejected", reason: { cause: { message: "broken" } } },
    { status: "fulfilled", value: { valid: true } },
  ]);
});
