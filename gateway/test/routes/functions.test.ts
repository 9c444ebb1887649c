import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post, problemOf, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
beforeEach(async () => {
  await gateway.deploy("one");
});
afterAll(() => gateway[Symbol.asyncDispose]());

const remove = (name: string, query = "") =>
  gateway.request(`/functions/${name}${query}`, { method: "DELETE" });
const later = async (name: string) =>
  ((await (await gateway.request(`/async-function/${name}?delay=60000`, post(1))).json()) as { id: string })
    .id;

describe("functions", () => {
  test("are listed by name, each with its limits", async () => {
    await gateway.deploy("two", { runtime: "python3", entry: "main.py" }, { "main.py": "" });
    const { functions } = (await (await gateway.request("/functions")).json()) as { functions: unknown[] };
    expect(functions).toMatchObject([
      { name: "one", runtime: "nodejs24", limits: { memoryBytes: 128 * 1024 ** 2 } },
      { name: "two", runtime: "python3" },
    ]);
  });

  test("show all their versions, the oldest first", async () => {
    await gateway.deploy("one", {}, { "index.ts": "export default () => 'newer'" });
    const { version, versions } = (await (await gateway.request("/functions/one")).json()) as {
      version: string;
      versions: string[];
    };
    expect(versions).toHaveLength(2);
    expect(versions.at(-1)).toBe(version);
  });

  test("that are not there are 404", async () => {
    for (const answer of [await gateway.request("/functions/nobody"), await remove("nobody")]) {
      expect(answer.status).toBe(404);
      expect((await problemOf(answer)).code).toBe("functionNotFound");
    }
  });
});

describe("deleting a function", () => {
  test("makes it unknown", async () => {
    expect((await remove("one")).status).toBe(200);
    expect((await gateway.request("/functions/one")).status).toBe(404);
    expect((await gateway.request("/function/one", post(1))).status).toBe(404);
  });

  test("is 409 while jobs wait for it, and ?force sends these to the dead letter", async () => {
    const id = await later("one");
    const refused = await remove("one");
    expect(refused.status).toBe(409);
    expect(await problemOf(refused)).toMatchObject({ code: "jobsWaiting", delayed: 1 });
    expect((await gateway.request("/functions/one")).status).toBe(200);
    const forced = await remove("one", "?force");
    expect(await forced.json()).toEqual({ name: "one", dropped: 1 });
    expect(await (await gateway.request(`/invocations/${id}`)).json()).toMatchObject({
      outcome: { kind: "cancelled" },
    });
  });
});

test("jobs that wait for a name which no function has are listed as such", async () => {
  await gateway.deploy("ghost");
  const fn = await gateway.store.functions.latest("ghost");
  if (fn === null) throw new Error("not deployed");
  await gateway.store.functions.delete("ghost");
  await gateway.producer.enqueue({ function: fn, eventJson: "1", http: null, traceparent: null }, "ghost-1", {
    idempotencyKey: null,
    delayMs: 60_000,
    priority: null,
  });
  // Found by a worker's sweep over Redis.
  const undeployed = async () =>
    ((await (await gateway.request("/functions")).json()) as { undeployed: unknown }).undeployed;
  await expect.poll(undeployed, { timeout: 5000 }).toEqual([{ name: "ghost", waiting: 1 }]);
});
