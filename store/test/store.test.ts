import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_CEILINGS, type FunctionVersion, type LogLine, parseManifest } from "@mayfly/contract";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PrivateRedis, startPrivateRedis } from "../../setup/private-redis.js";
import { keys, openStore, type Store } from "../src/index.ts";

const SECRET_KEY = "5a".repeat(32);
let dir: string;
let server: PrivateRedis;
let redis: Redis;
const opened: Store[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mayfly-store-"));
  server = await startPrivateRedis({ dir });
  redis = new Redis(server.url.slice("unix://".length));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
  await redis.flushall();
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
  await rm(dir, { recursive: true });
});

async function open(secretKey = SECRET_KEY): Promise<Store> {
  const store = await openStore({ redisUrl: server.url, secretKey, retentionMs: 60_000 });
  opened.push(store);
  return store;
}

async function versionOf(store: Store, name: string, more: Partial<FunctionVersion> = {}) {
  const manifest = parseManifest({ name, runtime: "nodejs24", entry: "index.ts" }, DEFAULT_CEILINGS);
  const artifact = await store.artifacts.put(Buffer.from(`code of ${name}`));
  return { name, version: "v1", tenant: "default", manifest, artifact, createdAt: 1, ...more };
}

async function eventually(check: () => Promise<boolean> | boolean): Promise<void> {
  for (const until = Date.now() + 2000; Date.now() < until; await new Promise((r) => setTimeout(r, 5)))
    if (await check()) return;
  throw new Error("it did not become true within 2 s");
}

test("a deployed version is the latest; the same content again is known, and older content becomes the latest", async () => {
  const store = await open();
  const first = await versionOf(store, "hello");
  const second = { ...first, version: "v2", createdAt: 2 };
  expect(await store.functions.deploy(first)).toEqual({ created: true });
  expect(await store.functions.deploy(second)).toEqual({ created: true });
  expect(await store.functions.latest("hello")).toEqual(second);
  expect(await store.functions.deploy(first)).toEqual({ created: false });
  expect(await store.functions.latest("hello")).toEqual(first);
  expect(await store.functions.version("hello", "v2")).toEqual(second);
  expect(await store.functions.versions("hello")).toEqual(["v1", "v2"]);
});

test("what one process deploys, another one that had looked before sees", async () => {
  const [one, other] = [await open(), await open()];
  const heard: string[] = [];
  other.functions.onChange((name) => heard.push(name));
  const first = await versionOf(one, "hello");
  await one.functions.deploy(first);
  await eventually(async () => (await other.functions.latest("hello"))?.version === "v1");
  await one.functions.deploy({ ...first, version: "v2" });
  await eventually(async () => (await other.functions.latest("hello"))?.version === "v2");
  expect(await other.functions.names()).toEqual(["hello"]);
  expect(heard).toContain("hello");
});

test("a name belongs to the tenant that deployed it first", async () => {
  const store = await open();
  await store.functions.deploy(await versionOf(store, "hello"));
  const foreign = await versionOf(store, "hello", { tenant: "other" });
  await expect(store.functions.deploy(foreign)).rejects.toMatchObject({ code: "nameTaken" });
  expect(await store.functions.list("other")).toEqual([]);
});

test("deleting a function frees its code once nobody else uses it", async () => {
  const store = await open();
  const hello = await versionOf(store, "hello");
  await store.functions.deploy(hello);
  await store.functions.deploy({ ...(await versionOf(store, "copy")), artifact: hello.artifact });
  expect(await store.functions.delete("hello")).toBe(true);
  expect(await store.functions.latest("hello")).toBeNull();
  expect(await store.artifacts.get(hello.artifact)).not.toBeNull();
  await store.functions.delete("copy");
  expect(await store.artifacts.get(hello.artifact)).toBeNull();
  expect(await store.functions.delete("hello")).toBe(false);
});

test("code that was changed in Redis is not handed out", async () => {
  const store = await open();
  const bytes = Buffer.from("export default () => 1;".repeat(100));
  const hash = await store.artifacts.put(bytes);
  expect(await store.artifacts.get(hash)).toEqual(bytes);
  expect(await store.artifacts.get("0".repeat(64))).toBeNull();
  const other = await store.artifacts.put(Buffer.from("something else"));
  await redis.copy(keys.artifactKey(other), keys.artifactKey(hash), "REPLACE");
  await expect(store.artifacts.get(hash)).rejects.toThrow(/not what was deployed/);
});

test("a temporary blob can be taken once", async () => {
  const store = await open();
  const id = await store.artifacts.putTemporary(Buffer.from([0, 255, 1]), 5000);
  expect(await store.artifacts.takeTemporary(id)).toEqual(Buffer.from([0, 255, 1]));
  expect(await store.artifacts.takeTemporary(id)).toBeNull();
});

test("a secret is unreadable in Redis, under another key, and in another's place", async () => {
  const store = await open();
  await store.secrets.put("default", "TOKEN", "s3cret-välue");
  await store.secrets.put("default", "OTHER", "x");
  expect(await store.secrets.get("default", ["TOKEN", "MISSING"])).toEqual({ TOKEN: "s3cret-välue" });
  expect(await store.secrets.list("default")).toEqual(["OTHER", "TOKEN"]);
  expect(JSON.stringify(await redis.hgetall(keys.secretsKey("default")))).not.toContain("s3cret");

  const stranger = await open("00".repeat(32));
  await expect(stranger.secrets.get("default", ["TOKEN"])).rejects.toThrow(/MAYFLY_SECRET_KEY/);
  const kept = await redis.hget(keys.secretsKey("default"), "TOKEN");
  await redis.hset(keys.secretsKey("default"), "OTHER", kept ?? "");
  await expect(store.secrets.get("default", ["OTHER"])).rejects.toThrow(/cannot be read/);
  expect(await store.secrets.delete("default", "TOKEN")).toBe(true);
  expect(await store.secrets.get("tenant-b", ["OTHER"])).toEqual({});
});

test("an API key verifies as long as it exists, in every process, and only its hash is kept", async () => {
  const [one, other] = [await open(), await open()];
  expect(await other.keys.any()).toBe(false);
  const { key, text } = await one.keys.create({ tenant: "t", scopes: ["invoke"], label: "ci" });
  await eventually(() => other.keys.any());
  expect(await other.keys.verify(text)).toEqual(key);
  expect(await other.keys.verify(`${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`)).toBeNull();
  expect(await other.keys.verify("mayfly_x_y")).toBeNull();
  expect(JSON.stringify(await redis.hgetall(keys.apiKeysKey))).not.toContain(
    text.split("_").slice(2).join("_"),
  );
  expect(await one.keys.list()).toEqual([key]);
  await one.keys.delete(key.id);
  await eventually(async () => (await other.keys.verify(text)) === null);
});

test("an idempotency key gives the first id to the same body, and a mismatch to another", async () => {
  const { idempotency } = await open();
  const request = { tenant: "t", functionName: "f", key: "k", body: "1" };
  expect(await idempotency.reserve({ ...request, id: "a" })).toEqual({ kind: "first" });
  expect(await idempotency.reserve({ ...request, id: "b" })).toEqual({ kind: "repeated", id: "a" });
  expect(await idempotency.reserve({ ...request, id: "b", body: "2" })).toEqual({ kind: "mismatch" });
  expect(await idempotency.reserve({ ...request, id: "b", tenant: "u" })).toEqual({ kind: "first" });
  expect(await idempotency.reserve({ ...request, id: "b", functionName: "g" })).toEqual({ kind: "first" });
});

test("who follows a log gets the past lines, then new ones, each once, until the invocation ends", async () => {
  const { invocations } = await open();
  const id = "hello~7";
  const line = (text: string): LogLine => ({ time: 1, stream: "stdout", text });
  await redis.hset(keys.recordKey("hello", "7"), { function: "hello", state: "running", acceptedAt: "1" });
  await invocations.appendLogs(id, [line("a"), line("b")], false);

  const seen: string[] = [];
  const following = (async () => {
    for await (const { text } of invocations.followLogs(id, new AbortController().signal)) seen.push(text);
  })();
  await eventually(() => seen.length === 2);
  await invocations.appendLogs(id, [line("c")], true);
  await eventually(() => seen.length === 3);
  await redis.hset(keys.recordKey("hello", "7"), "state", "succeeded");
  await redis.publish(keys.endedChannel(id), "");
  await following;
  expect(seen).toEqual(["a", "b", "c"]);
  expect(await invocations.logs(id)).toEqual({ lines: [line("a"), line("b"), line("c")], truncated: true });
});

test("logs of an unknown invocation are invocationNotFound", async () => {
  const { invocations } = await open();
  await expect(invocations.logs("01890000-0000-7000-8000-000000000000")).rejects.toMatchObject({
    code: "invocationNotFound",
  });
  expect(await invocations.get("nothing~1")).toBeNull();
});

test("a store that cannot reach Redis says so", async () => {
  await expect(
    openStore({ redisUrl: `unix://${dir}/nobody.sock`, secretKey: SECRET_KEY, retentionMs: 1 }),
  ).rejects.toThrow();
});
