import { EVENT_MAX_BYTES, type InvocationRecord } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ended, post, problemOf, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
let echo: TestGateway["worker"]["handle"];
const taken: TakenInvocation[] = [];
beforeAll(async () => {
  gateway = await startTestGateway();
  echo = gateway.worker.handle;
  await gateway.deploy("echo", { limits: { timeoutMs: 2000 } });
});
beforeEach(() => {
  taken.length = 0;
  gateway.worker.handle = async (invocation) => {
    taken.push(invocation);
    return await echo(invocation);
  };
});
afterAll(() => gateway[Symbol.asyncDispose]());

const recordOf = async (answer: Response) => {
  const id = answer.headers.get("mayfly-invocation-id");
  return (await (await gateway.request(`/invocations/${id}?wait=5`)).json()) as InvocationRecord;
};

describe("a synchronous call", () => {
  test("answers the result, and says which invocation and version it was", async () => {
    const answer = await gateway.request("/function/echo", post({ a: [1, "é"] }));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ a: [1, "é"] });
    expect(answer.headers.get("mayfly-outcome")).toBe("ok");
    expect(answer.headers.get("mayfly-version")).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.headers.get("server-timing")).toMatch(/^queue;dur=.*, setup;dur=.*, init;dur=.*, run;dur=/);
    expect(await recordOf(answer)).toMatchObject({
      function: "echo",
      state: "succeeded",
      result: { a: [1, "é"] },
    });
  });

  test("brings method, path, query and headers along, but not in the event", async () => {
    await gateway.request("/function/echo/deep/a%20b?x=1&x=2", {
      ...post({ a: 1 }, { "x-custom": "yes", connection: "x-hop", "x-hop": "1" }),
      method: "PATCH",
    });
    const [invocation] = taken;
    expect(invocation?.eventJson).toBe('{"a":1}');
    expect(invocation?.gateway?.http).toMatchObject({
      method: "PATCH",
      path: "/deep/a%20b",
      query: "x=1&x=2",
      rawBody: null,
      origin: "http://localhost",
    });
    const names = invocation?.gateway?.http?.headers.map(([name]) => name);
    expect(names).toContain("x-custom");
    expect(names).not.toContain("x-hop");
  });

  test.each(["GET", "DELETE", "OPTIONS", "PROPFIND"])(
    "%s reaches the function as an HTTP event",
    async (method) => {
      const answer = await gateway.request("/function/echo", { method });
      expect(await answer.json()).toMatchObject({ version: "2.0", requestContext: { http: { method } } });
    },
  );

  test("HEAD reaches the function, and its answer has no body", async () => {
    const answer = await gateway.request("/function/echo", { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
    expect(taken[0]?.gateway?.http?.method).toBe("HEAD");
  });

  test("lets a function that answers in HTTP decide itself", async () => {
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      const response = { statusCode: 418, headers: { "x-tea": "yes" }, body: "dGVh", isBase64Encoded: true };
      return ended({ resultJson: JSON.stringify(response), isHttpResponse: true });
    };
    const answer = await gateway.request("/function/echo", post(null));
    expect([answer.status, answer.headers.get("x-tea"), await answer.text()]).toEqual([418, "yes", "tea"]);
  });

  test("that fails is a problem with the outcome's facts and the invocation's id", async () => {
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      const outcome = {
        kind: "functionError" as const,
        message: "RangeError: no",
        errorType: "RangeError",
        errorMessage: "no",
        stack: "RangeError: no\n    at index.ts:4:9",
      };
      return ended({ outcome, resultJson: null });
    };
    const answer = await gateway.request("/function/echo", post(null));
    expect(answer.status).toBe(500);
    expect(answer.headers.get("mayfly-outcome")).toBe("functionError");
    expect(await problemOf(answer)).toMatchObject({
      code: "functionError",
      errorType: "RangeError",
      stack: expect.stringContaining("index.ts:4:9"),
      invocationId: answer.headers.get("mayfly-invocation-id"),
    });
  });

  test("whose caller leaves is cancelled", async () => {
    const left = new AbortController();
    let seen: AbortSignal | undefined;
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      seen = invocation.signal;
      left.abort();
      await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
      return ended({ outcome: { kind: "cancelled" }, resultJson: null });
    };
    const answer = await gateway.request("/function/echo", { ...post(null), signal: left.signal });
    expect(answer.status).toBe(499);
    await expect.poll(() => seen?.aborted).toBe(true);
    expect(await recordOf(answer)).toMatchObject({ state: "cancelled", outcome: { kind: "cancelled" } });
  });

  test("that cannot begin in time is taken back, answered 503 queueTimeout, and never runs", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    gateway.worker.handle = async (invocation) => {
      taken.push(invocation);
      await invocation.enter();
      await gate;
      return ended();
    };
    const busy = Array.from({ length: 4 }, () => gateway.request("/function/echo", post("busy")));
    await expect.poll(() => taken.length).toBe(4);
    const answer = await gateway.request(
      "/function/echo",
      post("late", { "mayfly-queue-timeout-ms": "150" }),
    );
    open();
    await Promise.all(busy);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).not.toBeNull();
    expect(answer.headers.get("mayfly-outcome")).toBe("expired");
    expect(answer.headers.get("server-timing")).toMatch(/^queue;dur=1[5-9]\d|^queue;dur=[2-9]\d\d/);
    expect(await problemOf(answer)).toMatchObject({ code: "queueTimeout" });
    expect(await recordOf(answer)).toMatchObject({ state: "failed", outcome: { kind: "expired" } });
    expect(taken.map(({ eventJson }) => eventJson)).not.toContain('"late"');
  });
});

describe("a call is refused", () => {
  test("with 404 for a function that is not there", async () => {
    const answer = await gateway.request("/function/nobody", post(null));
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await problemOf(answer)).toMatchObject({ code: "functionNotFound", function: "nobody" });
  });

  test.each(["UPPER", "%2e%2e%2fetc", "a%00b", "-a", "a".repeat(64), "%D0%B0bc"])(
    "with 400 for the name %s",
    async (name) => {
      const answer = await gateway.request(`/function/${name}`, post(null));
      expect(answer.status).toBe(400);
      expect(await problemOf(answer)).toMatchObject({ code: "invalidName" });
    },
  );

  test("with 400 for a name of 10 KB, of which the answer repeats little", async () => {
    const answer = await gateway.request(`/function/${"a".repeat(10_000)}`, post(null));
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).detail.length).toBeLessThan(500);
  });

  test("with 400 and the place for JSON that is broken", async () => {
    const answer = await gateway.request("/function/echo", { ...post(null), body: '{"a":\n  oops}' });
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({ code: "invalidJson", line: 2, column: 3, position: 8 });
  });

  test("with 413 for an event that is too large, declared or not", async () => {
    const body = JSON.stringify("x".repeat(EVENT_MAX_BYTES));
    const declared = await gateway.request("/function/echo", {
      ...post(null, { "content-length": String(body.length) }),
      body,
    });
    const streamed = await gateway.request("/function/echo", {
      ...post(null),
      body: ReadableStream.from([Buffer.from(body)]),
      duplex: "half",
    } as RequestInit);
    for (const answer of [declared, streamed]) {
      expect(answer.status).toBe(413);
      expect(await problemOf(answer)).toMatchObject({ code: "payloadTooLarge" });
    }
    expect(taken).toEqual([]);
  });

  test("and an event of the very size that is allowed is not", async () => {
    const body = JSON.stringify("x".repeat(EVENT_MAX_BYTES - 2));
    const patient = post(null, { "mayfly-queue-timeout-ms": "15000" });
    expect((await gateway.request("/function/echo", { ...patient, body })).status).toBe(200);
  });
});

test("answers are counted under their route, whatever was typed", () => {
  expect(new Set(gateway.counted.map(({ route }) => route))).toEqual(
    new Set(["/functions/:name", "/function/:name", "/invocations/:id"]),
  );
});
