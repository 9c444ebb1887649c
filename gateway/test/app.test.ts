import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post, problemOf, startTestGateway, type TestGateway } from "./support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe("the OpenAPI document", () => {
  test("describes every route that there is", async () => {
    const answer = await gateway.request("/openapi.json");
    const { openapi, paths } = (await answer.json()) as { openapi: string; paths: Record<string, object> };
    expect(openapi).toBe("3.1.0");
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = gateway.app.routes
      .filter(({ path }) => path !== "/*" && path !== "/openapi.json" && !path.endsWith("/*"))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(new Set(documented)).toEqual(
      new Set([...served, "GET /function/{name}", "POST /function/{name}"]),
    );
  });

  test("refers to nothing that it does not hold", async () => {
    const document = await (await gateway.request("/openapi.json")).json();
    const names = new Set<string>();
    JSON.stringify(document, (key, value) => {
      if (key === "$ref" && typeof value === "string" && value.startsWith("#/components/")) names.add(value);
      return value as unknown;
    });
    expect(names.size).toBeGreaterThan(3);
    for (const name of names) {
      const found = name
        .slice(2)
        .split("/")
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document);
      expect(found, name).toBeDefined();
    }
  });
});

describe("what is not there", () => {
  test("is 404, and another method 405 with those that are answered", async () => {
    expect((await problemOf(await gateway.request("/nope"))).code).toBe("notFound");
    const answer = await gateway.request("/functions", { method: "POST" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET");
    expect((await problemOf(answer)).code).toBe("methodNotAllowed");
  });
});

test("a fault of ours is told to the log, and to nobody else", async () => {
  const list = gateway.store.functions.list;
  gateway.store.functions.list = () => Promise.reject(new Error("secret detail"));
  const answer = await gateway.request("/functions");
  gateway.store.functions.list = list;
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("secret detail");
  expect(gateway.errors).toMatchObject([{ err: { message: "secret detail" }, path: "/functions" }]);
});

test("metrics are what the metrics package makes of them", async () => {
  const answer = await gateway.request("/metrics");
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  expect(await answer.text()).toBe("a_metric 1\n");
});

test("once it is being stopped it is not ready, takes nothing new, and lets nobody wait", async () => {
  await gateway.deploy("slow");
  const queued = await gateway.request("/async-function/slow?delay=60000", post(1));
  const { id } = (await queued.json()) as { id: string };
  const waiting = gateway.request(`/invocations/${id}?wait=60`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  gateway.drain.abort();
  expect((await waiting).status).toBe(200);
  expect(await (await waiting).json()).toMatchObject({ state: "delayed" });
  const ready = await gateway.request("/readyz");
  expect(ready.status).toBe(503);
  expect((await problemOf(ready)).code).toBe("draining");
  expect((await gateway.request("/healthz")).status).toBe(200);
  expect((await gateway.request("/functions")).status).toBe(503);
});
