import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type PrivateRedis, startPrivateRedis } from "../../setup/private-redis.js";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
let dir: string;
let redis: PrivateRedis;
const running: ChildProcess[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "mayfly-gateway-"));
  redis = await startPrivateRedis({ dir: join(dir, "redis") });
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(async () => {
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

/** A gateway as `mayfly gateway` runs it: a process of its own. */
function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { MAYFLY_REDIS_URL: redis.url, MAYFLY_DATA_DIR: join(dir, "data"), MAYFLY_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = async () => {
    await expect.poll(() => /"url":"([^"]+)"/.exec(printed)?.[1], { timeout: 10_000 }).toBeDefined();
    return /"url":"([^"]+)"/.exec(printed)?.[1] ?? "";
  };
  return { child, exited, url, printed: () => printed };
}

function occupy(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 });
    });
  });
}

describe("a gateway that cannot start says why in one sentence and exits 1", { timeout: 20_000 }, () => {
  test("when its port is in use", async () => {
    const { server, port } = await occupy();
    const { exited, printed } = start({ MAYFLY_PORT: String(port) });
    expect(await exited).toBe(1);
    server.close();
    expect(printed()).toMatch(new RegExp(`port ${port} of 127\\.0\\.0\\.1: it is in use\\..*MAYFLY_PORT`));
    expect(printed().trim().split("\n")).toHaveLength(1);
  });

  test("when it would listen beyond loopback without a key", async () => {
    const { exited, printed } = start({ MAYFLY_HOST: "0.0.0.0" });
    expect(await exited).toBe(1);
    expect(printed()).toMatch(/0\.0\.0\.0 without a key.*MAYFLY_ADMIN_KEY/);
  });

  test("when it does not know its Redis, or that does not answer", async () => {
    const without = start({ MAYFLY_REDIS_URL: "" });
    const dead = start({ MAYFLY_REDIS_URL: `unix://${dir}/nobody.sock` });
    expect(await without.exited).toBe(1);
    expect(without.printed()).toMatch(/MAYFLY_REDIS_URL is not set/);
    expect(await dead.exited).toBe(1);
    expect(dead.printed()).toMatch(/Redis/);
    expect(dead.printed().trim().split("\n")).toHaveLength(1);
  });

  test("when the environment is wrong, naming each variable", async () => {
    const { exited, printed } = start({ MAYFLY_PORT: "many" });
    expect(await exited).toBe(1);
    expect(printed()).toMatch(/MAYFLY_PORT/);
  });
});

describe("a gateway that runs", { timeout: 20_000 }, () => {
  test("beyond loopback needs the key for everything but its health", async () => {
    const { url } = start({ MAYFLY_HOST: "0.0.0.0", MAYFLY_ADMIN_KEY: "a-long-enough-key" });
    const port = new URL(await url()).port;
    const at = (path: string, headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers });
    expect((await at("/readyz")).status).toBe(200);
    expect((await at("/functions")).status).toBe(401);
    expect((await at("/functions", { authorization: "Bearer a-long-enough-key" })).status).toBe(200);
  });

  test("answers real metrics in both formats", async () => {
    const base = await start({}).url();
    await fetch(`${base}/functions`);
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toContain('mayfly_http_requests_total{route="/functions",status="200"} 1');
    const open = await fetch(`${base}/metrics`, { headers: { accept: "application/openmetrics-text" } });
    expect(open.headers.get("content-type")).toContain("application/openmetrics-text");
    expect(await open.text()).toMatch(/# EOF\n$/);
  });

  test("finishes what is in flight on SIGTERM, takes nothing new, and exits 0", async () => {
    const { child, exited, url } = start({});
    const base = await url();
    const answer = await fetch(`${base}/healthz`);
    expect(answer.status).toBe(200);
    const slow = slowRequest(base);
    await slow.begun;
    child.kill("SIGTERM");
    await expect
      .poll(() =>
        fetch(`${base}/healthz`).then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    expect(child.exitCode).toBeNull();
    slow.finish();
    expect(await slow.answer).toMatch(/^HTTP\/1\.1 204 [\s\S]*connection: close/i);
    expect(await exited).toBe(0);
  });

  test("exits although a client keeps its connection open", async () => {
    const { child, exited, url } = start({});
    const answer = await fetch(`${await url()}/healthz`, { headers: { connection: "keep-alive" } });
    await answer.text();
    const before = Date.now();
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(Date.now() - before).toBeLessThan(2000);
  });
});

/** A request whose body comes in two parts, so that it is in flight for as long as the test likes. */
function slowRequest(base: string) {
  const { hostname, port } = new URL(base);
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: answer, resolve: answered } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname, () => {
    socket.write(
      "PUT /secrets/SLOW HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{",
    );
    setTimeout(begin, 100);
  });
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
  });
  socket.on("close", () => answered(text));
  return { begun, answer, finish: () => socket.write('"value":"x"}') };
}
