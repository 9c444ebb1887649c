import type { Scope } from "@mayfly/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer, post, problemOf, put, startTestGateway, type TestGateway } from "./support.ts";

const ADMIN_KEY = "an-admin-key-of-some-length";
const keys: Record<string, string> = {};
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { adminKey: ADMIN_KEY } });
  for (const scope of ["admin", "deploy", "invoke", "read"] as const)
    keys[scope] = await keyOf("acme", [scope]);
  keys["stranger"] = await keyOf("umbrella", ["admin"]);
  const manifest = { name: "fn", runtime: "nodejs24", entry: "index.ts" };
  const deployed = await gateway.request(
    "/functions/fn",
    put({ manifest, files: { "index.ts": "1" } }, bearer(keys["deploy"] ?? "")),
  );
  expect(deployed.status, await deployed.text()).toBe(201);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const keyOf = async (tenant: string, scopes: Scope[]) =>
  (await gateway.store.keys.create({ tenant, scopes, label: "" })).text;
const as = (who: string) => bearer(keys[who] ?? who);

describe("without a key", () => {
  test.each([
    ["GET", "/functions"],
    ["GET", "/metrics"],
    ["GET", "/keys"],
    ["GET", "/secrets"],
    ["POST", "/function/fn"],
    ["POST", "/async-function/fn"],
    ["GET", "/invocations/019365c0-0000-7000-8000-000000000000"],
    ["DELETE", "/functions/fn"],
    ["GET", "/nothing/here"],
  ])("%s %s is 401", async (method, path) => {
    const answer = await gateway.request(path, { method });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect((await problemOf(answer)).code).toBe("unauthenticated");
  });

  test.each(["/healthz", "/readyz", "/openapi.json"])("%s answers", async (path) => {
    expect((await gateway.request(path)).status).toBe(200);
  });

  test.each(["Bearer nonsense", "Bearer ", "Basic YTpi", `Bearer ${ADMIN_KEY}x`, ADMIN_KEY])(
    "%s is none",
    async (authorization) => {
      expect((await gateway.request("/functions", { headers: { authorization } })).status).toBe(401);
    },
  );
});

describe("scopes", () => {
  const ROUTES: [method: string, path: string, allowed: Scope[]][] = [
    ["GET", "/functions", ["deploy", "read"]],
    ["GET", "/functions/fn", ["deploy", "read"]],
    ["GET", "/metrics", ["read"]],
    ["GET", "/secrets", ["deploy", "read"]],
    ["GET", "/keys", []],
    ["GET", "/function/fn", ["invoke"]],
    ["DELETE", "/secrets/NOTHING", ["deploy"]],
    ["DELETE", "/functions/nobody", ["deploy"]],
    ["GET", "/invocations/019365c0-0000-7000-8000-000000000000", ["invoke", "read"]],
    ["DELETE", "/invocations/019365c0-0000-7000-8000-000000000000", ["invoke"]],
    ["GET", "/invocations/019365c0-0000-7000-8000-000000000000/logs", ["read"]],
  ];
  test.each(ROUTES)("%s %s is for %s, and for admin", async (method, path, allowed) => {
    for (const scope of ["admin", "deploy", "invoke", "read"] as const) {
      const { status } = await gateway.request(path, { method, headers: as(scope) });
      if (scope === "admin" || allowed.includes(scope)) expect([200, 404], scope).toContain(status);
      else expect(status, scope).toBe(403);
    }
  });

  test("a refusal names what is needed", async () => {
    const answer = await gateway.request("/keys", { headers: as("read") });
    expect(await problemOf(answer)).toMatchObject({
      code: "forbidden",
      detail: expect.stringMatching(/needs admin/),
    });
  });

  test("the configured admin key has every scope, in the tenant default", async () => {
    const answer = await gateway.request("/keys", { headers: bearer(ADMIN_KEY) });
    expect(answer.status).toBe(200);
    expect((await gateway.request("/functions/fn", { headers: bearer(ADMIN_KEY) })).status).toBe(404);
  });
});

describe("what belongs to another tenant", () => {
  test("is 404 in the same words as what does not exist", async () => {
    const theirs = await gateway.request("/function/fn", post(1, as("stranger")));
    const nobodys = await gateway.request("/function/nn", post(1, as("stranger")));
    expect([theirs.status, nobodys.status]).toEqual([404, 404]);
    expect(await theirs.text()).toBe((await nobodys.text()).replaceAll("nn", "fn").replace("fnt", "nnt"));
    expect((await gateway.request("/functions/fn", { headers: as("stranger") })).status).toBe(404);
    expect(
      (await gateway.request("/functions/fn", { method: "DELETE", headers: as("stranger") })).status,
    ).toBe(404);
    expect(await (await gateway.request("/functions", { headers: as("stranger") })).json()).toEqual({
      functions: [],
    });
  });

  test("is 404 among invocations, their logs and cancelling them", async () => {
    const call = await gateway.request("/function/fn", post(1, as("invoke")));
    expect(call.status).toBe(200);
    const path = `/invocations/${call.headers.get("mayfly-invocation-id")}`;
    expect((await gateway.request(path, { headers: as("invoke") })).status).toBe(200);
    for (const init of [{}, { method: "DELETE" }])
      expect((await gateway.request(path, { ...init, headers: as("stranger") })).status).toBe(404);
    expect((await gateway.request(`${path}/logs`, { headers: as("stranger") })).status).toBe(404);
  });

  test("is refused in the same time as what does not exist", async () => {
    const call = await gateway.request("/function/fn", post(1, as("invoke")));
    const theirs = `/invocations/${call.headers.get("mayfly-invocation-id")}`;
    const nobodys = "/invocations/019365c0-0000-7000-8000-000000000000";
    const medianMs = async (path: string) => {
      const times: number[] = [];
      for (let i = 0; i < 15; i++) {
        const before = performance.now();
        expect((await gateway.request(path, { headers: as("stranger") })).status).toBe(404);
        times.push(performance.now() - before);
      }
      return times.sort((a, b) => a - b)[7] ?? 0;
    };
    expect(Math.abs((await medianMs(theirs)) - (await medianMs(nobodys)))).toBeLessThan(2);
    expect(Math.abs((await medianMs("/function/fn")) - (await medianMs("/function/nn")))).toBeLessThan(2);
  });

  test("keeps its name, which is unique in an installation", async () => {
    const manifest = { name: "fn", runtime: "nodejs24", entry: "index.ts" };
    const answer = await gateway.request(
      "/functions/fn",
      put({ manifest, files: { "index.ts": "2" } }, as("stranger")),
    );
    expect(answer.status).toBe(409);
    expect((await problemOf(answer)).code).toBe("nameTaken");
  });

  test("has secrets of its own", async () => {
    await gateway.request("/secrets/SHARED_NAME", put({ value: "acme's" }, as("deploy")));
    expect(await (await gateway.request("/secrets", { headers: as("stranger") })).json()).toEqual({
      secrets: [],
    });
  });
});

test("a function never sees the key that called it", async () => {
  const handle = gateway.worker.handle;
  let seen = "";
  gateway.worker.handle = async (invocation) => {
    seen = JSON.stringify(invocation.gateway) + invocation.eventJson;
    return await handle(invocation);
  };
  await gateway.request("/function/fn", { headers: as("invoke") });
  expect(seen).toContain("rawPath");
  expect(seen).not.toContain(keys["invoke"]?.slice(-40));
});
