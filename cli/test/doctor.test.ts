import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPrivateRedis } from "../../setup/private-redis.js";
import type { Check } from "../src/doctor/check.ts";
import { checkNode, checkPortOf } from "../src/doctor/machine.ts";
import { checkRedis } from "../src/doctor/redis.ts";
import { checksText, enforcementText } from "../src/doctor/texts.ts";
import { mayfly } from "./support/mayfly.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-doctor-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("tries everything on this machine, ends with 0 where nothing failed, and leaves nothing", async () => {
  const env = {
    ...process.env,
    MAYFLY_CGROUP_PARENT: `mayfly-doctor-${process.pid}`,
    MAYFLY_DATA_DIR: "./data",
    MAYFLY_PORT: "0",
    MAYFLY_WORKER_METRICS_PORT: "0",
  };
  const { exitCode, out, err } = await mayfly(["doctor", "--json"], { env, cwd: folder });
  const { ok, checks, cgroupMode } = JSON.parse(out) as { ok: boolean; checks: Check[]; cgroupMode: string };
  expect({ exitCode, ok, err, failed: checks.filter(({ verdict }) => verdict === "FAIL") }).toEqual({
    exitCode: 0,
    ok: true,
    err: "",
    failed: [],
  });
  const names = checks.map(({ name }) => name);
  for (const name of [
    "node",
    "redis",
    "redis eviction",
    "namespaces",
    "seccomp",
    "cgroups",
    "sandbox",
    "memory",
  ])
    expect(names).toContain(name);
  expect(["v1", "v2", "hybrid"]).toContain(cgroupMode);
  expect(await readdir(folder)).toEqual([]);
});

describe("what is not right is told with what mends it", () => {
  test("another Node than the pinned one", async () => {
    expect(await checkNode("20.0.0")).toMatchObject({ verdict: "FAIL", remedy: "npm ci" });
    expect(await checkNode()).toMatchObject({ verdict: "PASS" });
  });

  test("a Redis that does not answer; its password is not shown", async () => {
    const [check] = await checkRedis("redis://:hush@127.0.0.1:1/0");
    expect(check).toMatchObject({
      verdict: "FAIL",
      found: expect.stringContaining("redis://127.0.0.1:1/0 does not answer: "),
    });
    expect(JSON.stringify(check)).not.toContain("hush");
  });

  test("a Redis that forgets", async () => {
    await using redis = await startPrivateRedis({ dir: join(folder, "redis") }).then((started) => ({
      url: started.url,
      [Symbol.asyncDispose]: () => started.stop(),
    }));
    const verdicts = async () => (await checkRedis(redis.url)).map(({ verdict }) => verdict);
    expect(await verdicts()).toEqual(["PASS", "PASS", "PASS"]);
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url.replace("unix://", ""));
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    await client.config("SET", "appendonly", "no");
    client.disconnect();
    expect(await verdicts()).toEqual(["PASS", "WARN", "FAIL"]);
  });

  test("a port that another program has; Mayfly's own is as good as free", async () => {
    let metrics = "";
    const server = createServer((_, response) => response.end(metrics));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const look = () =>
      checkPortOf("gateway's port", "MAYFLY_PORT", {
        host: "127.0.0.1",
        port,
        url: `http://127.0.0.1:${port}`,
      });
    expect(await look()).toMatchObject({
      verdict: "FAIL",
      remedy: `ss -ltnp 'sport = :${port}', or set MAYFLY_PORT`,
    });
    metrics = "mayfly_worker_slots 4";
    expect(await look()).toMatchObject({ verdict: "PASS" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await look()).toMatchObject({ verdict: "PASS", found: `port ${port} of 127.0.0.1 is free` });
  });
});

test("people read one line a check, with what mends it below, and what each limit is worth", () => {
  const checks: Check[] = [
    { name: "node", verdict: "PASS", found: "24", remedy: null },
    { name: "redis", verdict: "FAIL", found: "gone", remedy: "start it" },
  ];
  expect(checksText(checks)).toBe("PASS  node   24\nFAIL  redis  gone\n             → start it\n");
  expect(enforcementText("v1")).toMatch(
    /^What a limit is worth here \(cgroup v1\):[\s\S]*^memory +enforced/m,
  );
  expect(enforcementText("v1")).toMatch(/^deviceWriteBps +best effort/m);
  expect(enforcementText("v2")).toMatch(/^deviceWriteBps +enforced/m);
  expect(enforcementText(null)).toMatch(/nothing can be said of the limits\n$/);
});
