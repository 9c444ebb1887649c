import { randomBytes } from "node:crypto";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import type { System } from "../support/system.ts";

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation);
  });
  afterAll(() => system[Symbol.asyncDispose]());

  const node = (name: string, entry = "index.ts") => ({ name, runtime: "nodejs24" as const, entry });

  describe("handler shapes", () => {
    test("a default export gets the event and answers its result as JSON", async () => {
      await system.deploy(node("shape-default"), {
        "index.ts": "export default async (event: { a: number }) => ({ doubled: event.a * 2 });",
      });
      const answer = await system.call("shape-default", { a: 21 });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ doubled: 42 });
      expect(answer.headers.get("mayfly-outcome")).toBe("ok");
      expect(answer.headers.get("server-timing")).toMatch(/queue;dur=.*setup;dur=.*init;dur=.*run;dur=/);
    });

    test("Lambda's named handler gets Lambda's context", async () => {
      await system.deploy(node("shape-lambda"), {
        "index.ts":
          "export const handler = async (event, context) => ({ got: event, name: context.functionName, mb: context.memoryLimitInMB, left: context.getRemainingTimeInMillis() > 0, id: context.awsRequestId === context.invocationId });",
      });
      expect(await (await system.call("shape-lambda", [1])).json()).toEqual({
        got: [1],
        name: "shape-lambda",
        mb: "128",
        left: true,
        id: true,
      });
    });

    test("an unchanged CommonJS Lambda handler runs", async () => {
      await system.deploy(node("shape-cjs", "index.js"), {
        "index.js":
          "exports.handler = async (event) => ({ statusCode: 201, headers: { 'x-a': 'b' }, body: JSON.stringify(event) });",
      });
      const answer = await system.call("shape-cjs", { k: 1 });
      expect(answer.status).toBe(201);
      expect(answer.headers.get("x-a")).toBe("b");
      expect(await answer.json()).toEqual({ k: 1 });
    });

    test("a fetch handler gets the caller's own request, and its binary body arrives whole", async () => {
      await system.deploy(node("shape-fetch"), {
        "index.ts": `export default { async fetch(request: Request) {
        const body = new Uint8Array(await request.arrayBuffer());
        return new Response(body.reverse(), { status: 203, headers: { "content-type": "application/x-test", "x-url": new URL(request.url).pathname + new URL(request.url).search, "x-method": request.method } });
      } };`,
      });
      const bytes = randomBytes(70_000);
      const answer = await fetch(`${system.url}/function/shape-fetch/deep/path?q=1&q=2`, {
        method: "PUT",
        body: bytes,
      });
      expect(answer.status).toBe(203);
      expect(answer.headers.get("content-type")).toBe("application/x-test");
      expect(answer.headers.get("x-url")).toMatch(/\/deep\/path\?q=1&q=2$/);
      expect(answer.headers.get("x-method")).toBe("PUT");
      expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(bytes).reverse())).toBe(true);
    });

    test("python3 and exec answer too", async () => {
      await system.deploy(
        { name: "shape-python", runtime: "python3", entry: "main.py" },
        {
          "main.py":
            "def handler(event, context):\n    return {'n': len(event['words']), 'name': context.function_name}\n",
        },
      );
      await system.deploy(
        { name: "shape-exec", runtime: "exec", entry: "run.sh" },
        { "run.sh": "#!/bin/sh\nexec tr a-z A-Z\n" },
      );
      expect(await (await system.call("shape-python", { words: ["a", "b"] })).json()).toEqual({
        n: 2,
        name: "shape-python",
      });
      expect(await (await system.call("shape-exec", "loud")).json()).toBe("LOUD");
    });
  });

  describe("events and results", () => {
    beforeAll(() =>
      system.deploy(node("echo"), {
        "index.ts":
          "export default (event, context) => ({ event, raw: Buffer.from(context.http.rawBody).toString('base64') });",
      }),
    );

    test("an event of 1 MB and a unicode one come back as they went", async () => {
      const event = { big: "x".repeat(1_000_000), unicode: "héllo 🪰 \u0000 \u2028 漢字" };
      const answer = await system.call("echo", event);
      expect(((await answer.json()) as { event: unknown }).event).toEqual(event);
    });

    test("an empty body is the event null, and undefined is answered as null", async () => {
      expect(await (await system.call("echo")).json()).toEqual({ event: null, raw: "" });
      await system.deploy(node("nothing"), { "index.ts": "export default () => {};" });
      expect(await (await system.call("nothing", {})).text()).toBe("null");
    });

    test("the raw body is there byte by byte even where it is not compact JSON", async () => {
      const body = '{ "spaced" :  [1,\n2] }';
      const answer = await fetch(`${system.url}/function/echo`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      const { event, raw } = (await answer.json()) as { event: unknown; raw: string };
      expect(event).toEqual({ spaced: [1, 2] });
      expect(Buffer.from(raw, "base64").toString()).toBe(body);
    });

    test("a GET arrives as Lambda's HTTP event of payload format 2.0", async () => {
      const answer = await fetch(`${system.url}/function/echo/a%20b?x=1&y=%C3%A9`);
      const { event } = (await answer.json()) as { event: Record<string, unknown> };
      expect(event).toMatchObject({ version: "2.0", rawQueryString: "x=1&y=%C3%A9", isBase64Encoded: false });
      expect(event["requestContext"]).toMatchObject({ http: { method: "GET" } });
    });
  });

  describe("errors of the user's code", () => {
    test("a thrown error names the line of the user's own TypeScript", async () => {
      await system.deploy(node("thrower"), {
        "lib/deep.ts":
          'type A = { a: 1 };\n\nexport function fail(x: A): never {\n  throw new RangeError("no " + x.a);\n}\n',
        "index.ts": 'import { fail } from "./lib/deep.ts";\nexport default () => fail({ a: 1 });\n',
      });
      const answer = await system.call("thrower", {});
      expect(answer.status).toBe(500);
      expect(answer.headers.get("mayfly-outcome")).toBe("functionError");
      const record = await system.record(answer.headers.get("mayfly-invocation-id") ?? "");
      expect(record.state).toBe("failed");
      expect(record.outcome).toMatchObject({
        kind: "functionError",
        errorType: "RangeError",
        errorMessage: "no 1",
      });
      expect(record.outcome?.stack).toMatch(/lib\/deep\.ts:4:\d+/);
      expect(record.outcome?.stack).not.toContain("/runtime");
    });

    test("a rejection, also one that nobody waits for, is a functionError", async () => {
      await system.deploy(node("rejecter"), {
        "index.ts": "export default async () => { await 1; throw new TypeError('later'); };",
      });
      await system.deploy(node("unhandled"), {
        "index.ts":
          "export default () => new Promise(() => { setTimeout(() => Promise.reject(new Error('loose')), 5); setTimeout(() => {}, 5000); });",
      });
      for (const [name, message] of [
        ["rejecter", "later"],
        ["unhandled", "loose"],
      ] as const) {
        const answer = await system.call(name, {});
        const record = await system.record(answer.headers.get("mayfly-invocation-id") ?? "");
        expect(record.outcome).toMatchObject({ kind: "functionError", errorMessage: message });
      }
    });
  });

  test("they were", async () => {
    expect(await startsOf(system)).toEqual({ someForked: isolation === "fork", bootsInstead: 0 });
  });
});
