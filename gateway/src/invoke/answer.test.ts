import type { FunctionVersion } from "@mayfly/contract";
import type { Reply } from "@mayfly/queue";
import { describe, expect, test } from "vitest";
import { answerOf } from "./answer.ts";

const fn = { name: "f", version: "abc" } as FunctionVersion;
const reply = (more: Partial<Reply>): Reply => ({
  id: "an-id",
  outcome: { kind: "ok" },
  resultJson: "null",
  isHttpResponse: false,
  timing: { queueUs: 1500, setupUs: 200, initUs: 30_000, runUs: 4_000, teardownUs: 0 },
  ...more,
});
const own = (response: object) =>
  answerOf(reply({ resultJson: JSON.stringify(response), isHttpResponse: true }), fn);

describe("a result", () => {
  test("is answered as JSON, with what it was and how long each phase took", async () => {
    const answer = answerOf(reply({ resultJson: '{"a":1}' }), fn);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('{"a":1}');
    expect(Object.fromEntries(answer.headers)).toEqual({
      "content-type": "application/json",
      "mayfly-invocation-id": "an-id",
      "mayfly-outcome": "ok",
      "mayfly-version": "abc",
      "server-timing": "queue;dur=1.5, setup;dur=0.2, init;dur=30, run;dur=4",
    });
  });
});

describe("a function's own HTTP answer", () => {
  test("decides status, headers and body", async () => {
    const answer = own({
      statusCode: 201,
      headers: { "X-A": "b", "set-cookie": ["a=1", "b=2"] },
      body: Buffer.from([1, 2, 255]).toString("base64"),
      isBase64Encoded: true,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-a")).toBe("b");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([1, 2, 255]);
  });

  test("has no say over the connection, its own length, or Mayfly's headers", () => {
    const answer = own({
      statusCode: 200,
      headers: {
        connection: "close, x-hop",
        "x-hop": "1",
        "transfer-encoding": "chunked",
        "content-length": "9999",
        "mayfly-outcome": "forged",
        "Mayfly-Anything": "forged",
        date: "Thu, 01 Jan 1970 00:00:00 GMT",
        "server-timing": "db;dur=3",
      },
      body: "hello",
      isBase64Encoded: false,
    });
    for (const name of ["connection", "x-hop", "transfer-encoding", "mayfly-anything", "date"])
      expect(answer.headers.get(name), name).toBeNull();
    expect(answer.headers.get("content-length")).toBe("5");
    expect(answer.headers.get("mayfly-outcome")).toBe("ok");
    expect(answer.headers.get("server-timing")).toMatch(/^queue;dur=1.5, .*, db;dur=3$/);
  });

  test("without a body's status is sent without a body", () => {
    expect(own({ statusCode: 204, headers: {}, body: "x", isBase64Encoded: false }).body).toBeNull();
  });

  test.each<[string, object]>([
    ["a status below 200", { statusCode: 101, headers: {} }],
    ["a status above 599", { statusCode: 1000, headers: {} }],
    ["a header that splits", { statusCode: 200, headers: { "x-a": "b\r\nset-cookie: c" } }],
    ["a header's name that is none", { statusCode: 200, headers: { "x a": "b" } }],
    ["a header beyond Latin-1", { statusCode: 200, headers: { "x-a": "漢" } }],
    [
      "more headers than clients read",
      { statusCode: 200, headers: { "set-cookie": Array(101).fill("a=1") } },
    ],
    ["longer headers than clients read", { statusCode: 200, headers: { "x-a": "b".repeat(32 * 1024) } }],
    ["no such shape", { statusCode: "200" }],
  ])("with %s is InvalidResult", async (_title, part) => {
    const answer = own({ body: "", isBase64Encoded: false, ...part });
    expect(answer.status).toBe(500);
    expect(answer.headers.get("mayfly-outcome")).toBe("functionError");
    expect(await answer.json()).toMatchObject({ code: "functionError", errorType: "InvalidResult" });
  });
});

describe("an outcome that is not ok", () => {
  test("is a problem with its facts and the invocation's id", async () => {
    const outcome = { kind: "exited" as const, message: "It left with status 3.", exitCode: 3 };
    const answer = answerOf(reply({ outcome, resultJson: null }), fn);
    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("mayfly-outcome")).toBe("exited");
    expect(await answer.json()).toEqual({
      type: "urn:mayfly:error:exited",
      title: "Exited",
      status: 500,
      detail: "It left with status 3.",
      code: "exited",
      invocationId: "an-id",
      exitCode: 3,
    });
  });

  test("of ours may be tried again", () => {
    const answer = answerOf(reply({ outcome: { kind: "workerLost" }, timing: null }), fn);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.headers.get("server-timing")).toBe("queue;dur=0, setup;dur=0, init;dur=0, run;dur=0");
  });
});
