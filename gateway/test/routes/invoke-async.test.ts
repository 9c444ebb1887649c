import type { InvocationRecord } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ended, post, problemOf, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ maxWaiting: 20 });
  await gateway.deploy("echo");
});
afterAll(() => gateway[Symbol.asyncDispose]());

const enqueue = (event: unknown, headers: Record<string, string> = {}, query = "") =>
  gateway.request(`/async-function/echo${query}`, post(event, headers));
const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id;
const recordOf = async (id: string, wait = 5) =>
  (await (await gateway.request(`/invocations/${id}?wait=${wait}`)).json()) as InvocationRecord;

describe("an asynchronous call", () => {
  test("is accepted with its id and where its record is, and ends in it", async () => {
    const answer = await enqueue({ n: 1 });
    expect(answer.status).toBe(202);
    const id = await idOf(answer);
    expect(answer.headers.get("location")).toBe(`/invocations/${id}`);
    expect(answer.headers.get("mayfly-invocation-id")).toBe(id);
    expect(await recordOf(id)).toMatchObject({ id, state: "succeeded", result: { n: 1 } });
  });

  test("is repeated with the first one's id, and refused with 422 for another body", async () => {
    const key = { "idempotency-key": "order/17#a" };
    const first = await enqueue({ n: 2 }, key);
    const again = await enqueue({ n: 2 }, key);
    expect(again.status).toBe(202);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await idOf(again)).toBe(await idOf(first));
    const other = await enqueue({ n: 3 }, key);
    expect(other.status).toBe(422);
    expect(await problemOf(other)).toMatchObject({ code: "idempotencyMismatch" });
  });

  test("is repeated also where its body is a form", async () => {
    const form = () =>
      gateway.request("/async-function/echo", {
        method: "POST",
        body: new URLSearchParams({ a: "1" }),
        headers: { "idempotency-key": "form" },
      });
    const first = await idOf(await form());
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await idOf(await form())).toBe(first);
  });

  test.each([
    ["header", { "mayfly-delay-ms": "60000" }, ""],
    ["query", {}, "?delay=60000"],
  ])("waits for its delay, given by %s", async (_by, headers, query) => {
    expect(await recordOf(await idOf(await enqueue(1, headers, query)), 0)).toMatchObject({
      state: "delayed",
    });
  });
});

describe("an asynchronous call is refused", () => {
  test.each<[string, Record<string, string>, string]>([
    ["an empty idempotency key", { "idempotency-key": "" }, ""],
    ["a long idempotency key", { "idempotency-key": "k".repeat(256) }, ""],
    ["an idempotency key with a space", { "idempotency-key": "a b" }, ""],
    ["a delay that is no number", { "mayfly-delay-ms": "soon" }, ""],
    ["a negative delay", {}, "?delay=-1"],
    ["a priority of 0", {}, "?priority=0"],
    ["a priority beyond BullMQ's", {}, "?priority=9999999"],
  ])("for %s", async (_title, headers, query) => {
    const answer = await enqueue(1, headers, query);
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({ code: "invalidRequest" });
  });

  test("with 405 for another method", async () => {
    const answer = await gateway.request("/async-function/echo");
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });

  test("with 429 and Retry-After once too many wait", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      await gate;
      return ended();
    };
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) statuses.push((await enqueue(i)).status);
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
    const answer = await enqueue("late");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await problemOf(answer)).toMatchObject({ code: "tooManyWaiting" });
    open();
  });
});
