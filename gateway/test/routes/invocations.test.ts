import type { InvocationRecord } from "@mayfly/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bearer, ended, post, problemOf, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
let echo: TestGateway["worker"]["handle"];
beforeAll(async () => {
  gateway = await startTestGateway();
  echo = gateway.worker.handle;
  await gateway.deploy("echo");
});
beforeEach(() => {
  gateway.worker.handle = echo;
});
afterAll(() => gateway[Symbol.asyncDispose]());

const enqueue = async (event: unknown, query = "") =>
  ((await (await gateway.request(`/async-function/echo${query}`, post(event))).json()) as { id: string }).id;
const get = async (path: string, headers: Record<string, string> = {}) =>
  await gateway.request(path, { headers });
const cancel = (id: string) => gateway.request(`/invocations/${id}`, { method: "DELETE" });
const UNKNOWN = "019365c0-0000-7000-8000-000000000000";

/** Every function runs until it is cancelled. */
function hang() {
  gateway.worker.handle = async (invocation) => {
    await invocation.enter();
    await gateway.store.invocations.running(invocation.id, {
      worker: "w-1",
      pid: 4711,
      cgroups: { memory: "/sys/fs/cgroup/memory/x" },
      attempt: 1,
    });
    await new Promise((resolve) => invocation.signal.addEventListener("abort", resolve));
    return ended({ outcome: { kind: "cancelled", message: "Somebody cancelled it." }, resultJson: null });
  };
}

const untilRunning = (id: string) =>
  expect
    .poll(async () => ((await (await get(`/invocations/${id}`)).json()) as InvocationRecord).pid)
    .toBe(4711);

describe("GET /invocations/:id", () => {
  test("holds the answer until the invocation has ended", async () => {
    gateway.worker.handle = async (invocation) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return await echo(invocation);
    };
    const id = await enqueue({ n: 1 });
    expect(await (await get(`/invocations/${id}?wait=10`)).json()).toMatchObject({
      state: "succeeded",
      result: { n: 1 },
    });
  });

  test("answers what is known once the wait is over", async () => {
    const id = await enqueue(1, "?delay=60000");
    const before = Date.now();
    expect(await (await get(`/invocations/${id}?wait=0.2`)).json()).toMatchObject({ state: "delayed" });
    expect(Date.now() - before).toBeGreaterThanOrEqual(190);
  });

  test.each(["x", "-1", "301"])("refuses to wait for %s seconds", async (wait) => {
    expect((await get(`/invocations/${UNKNOWN}?wait=${wait}`)).status).toBe(400);
  });

  test.each([UNKNOWN, "17", "echo~17", "..%2f..%2fetc", "a".repeat(1000)])("is 404 for %s", async (id) => {
    const answer = await get(`/invocations/${id}`);
    expect([400, 404]).toContain(answer.status);
    if (answer.status === 404) expect(await problemOf(answer)).toMatchObject({ code: "invocationNotFound" });
  });
});

describe("DELETE /invocations/:id", () => {
  test("ends a running invocation, then there is nothing left to cancel", async () => {
    hang();
    const id = await enqueue(1);
    await untilRunning(id);
    const answer = await cancel(id);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id, state: "cancelled", outcome: { kind: "cancelled" } });
    const again = await cancel(id);
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({
      code: "alreadyEnded",
      id,
      state: "cancelled",
      invocationId: id,
    });
  });

  test("takes a waiting one back, which then never runs", async () => {
    const id = await enqueue(1, "?delay=60000");
    expect((await cancel(id)).status).toBe(200);
    expect(await (await get(`/invocations/${id}`)).json()).toMatchObject({ state: "cancelled" });
  });

  test("is 404 for one that nobody knows", async () => {
    expect((await cancel(UNKNOWN)).status).toBe(404);
  });
});

describe("where it runs", () => {
  test("is shown to admins while it runs, and to nobody else", async () => {
    const { text: admin } = await gateway.store.keys.create({
      tenant: "default",
      scopes: ["admin"],
      label: "",
    });
    const { text: reader, key } = await gateway.store.keys.create({
      tenant: "default",
      scopes: ["read", "invoke"],
      label: "",
    });
    hang();
    const queued = await gateway.request("/async-function/echo", post(1, bearer(admin)));
    const { id } = (await queued.json()) as { id: string };
    const seenBy = async (who: string) =>
      (await (await get(`/invocations/${id}`, bearer(who))).json()) as InvocationRecord;
    await expect.poll(async () => (await seenBy(admin)).pid).toBe(4711);
    expect(await seenBy(admin)).toMatchObject({ worker: "w-1", cgroups: { memory: expect.any(String) } });
    const seen = await seenBy(reader);
    expect(seen.state).toBe("running");
    for (const name of ["worker", "pid", "cgroups"]) expect(seen).not.toHaveProperty(name);
    await gateway.request(`/invocations/${id}`, { method: "DELETE", headers: bearer(admin) });
    for (const { id: keyId } of await gateway.store.keys.list()) await gateway.store.keys.delete(keyId);
    expect(key.scopes).toEqual(["read", "invoke"]);
  });
});
