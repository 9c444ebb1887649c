import { DEFAULT_CEILINGS, parseManifest } from "@mayfly/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { post, problemOf, put, startTestGateway, type TestGateway } from "./support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ slots: 0 });
  const { functions, artifacts } = gateway.store;
  const manifest = parseManifest({ name: "echo", runtime: "exec", entry: "a" }, DEFAULT_CEILINGS);
  const artifact = await artifacts.put(Buffer.from("code"));
  await functions.deploy({ name: "echo", version: "v", tenant: "default", manifest, artifact, createdAt: 0 });
  await gateway.redis.stop();
});
afterAll(() => gateway[Symbol.asyncDispose]());

test.concurrent.each<[string, string, RequestInit]>([
  ["a call", "/function/echo", post(1)],
  ["a queued call", "/async-function/echo", post(1)],
  ["a list", "/functions", {}],
  [
    "a deploy",
    "/functions/fn",
    put({ manifest: { name: "fn", runtime: "exec", entry: "a" }, files: { a: "" } }),
  ],
  ["a secret", "/secrets/A", put({ value: "x" })],
  ["its readiness", "/readyz", {}],
])("while Redis is away %s is 503 redisUnavailable, soon", async (_title, path, init) => {
  const before = Date.now();
  const answer = await gateway.request(path, init);
  expect(Date.now() - before).toBeLessThan(5000);
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).not.toBeNull();
  expect((await problemOf(answer)).code).toBe("redisUnavailable");
});

test("the process itself is well", async () => {
  expect((await gateway.request("/healthz")).status).toBe(200);
  expect(gateway.errors).toEqual([]);
});
