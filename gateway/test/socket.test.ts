import { connect } from "node:net";
import { EVENT_MAX_BYTES, type InvocationRecord } from "@mayfly/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Listening, serve } from "../src/serve.ts";
import { ended, startTestGateway, type TestGateway } from "./support.ts";

let gateway: TestGateway;
let listening: Listening;
let echo: TestGateway["worker"]["handle"];
beforeAll(async () => {
  gateway = await startTestGateway();
  echo = gateway.worker.handle;
  listening = await serve({ fetch: gateway.app.fetch, host: "127.0.0.1", port: 0, headersWithinMs: 400 });
  await gateway.deploy("echo", { limits: { timeoutMs: 20_000 } });
});
beforeEach(() => {
  gateway.worker.handle = echo;
});
afterAll(async () => {
  await listening.close(0);
  await gateway[Symbol.asyncDispose]();
});

/** Sends bytes as they are, and gives everything that came until the other side closed. */
function raw(...parts: (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(listening.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}
const head = (target: string, ...lines: string[]) =>
  `${[`POST ${target} HTTP/1.1`, "Host: localhost", "Connection: close", "Content-Type: application/json", ...lines].join("\r\n")}\r\n\r\n`;
const othersAreServed = async () => {
  const answer = await fetch(`${listening.url}/function/echo`, {
    method: "POST",
    body: '"still here"',
    headers: { "content-type": "application/json" },
  });
  expect(await answer.json()).toBe("still here");
};

describe("a caller that leaves", () => {
  test("ends its synchronous call, whose record says cancelled", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<string>();
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      invocation.signal.addEventListener("abort", () => abort());
      begin(invocation.id);
      await aborted;
      return ended({ outcome: { kind: "cancelled" }, resultJson: null });
    };
    const left = new AbortController();
    const call = fetch(`${listening.url}/function/echo`, { method: "POST", signal: left.signal });
    const id = await begun;
    left.abort();
    await expect(call).rejects.toThrow();
    await aborted;
    const record = await (await fetch(`${listening.url}/invocations/${id}?wait=5`)).json();
    expect(record as InvocationRecord).toMatchObject({ state: "cancelled", outcome: { kind: "cancelled" } });
  });

  test("in the middle of its body starts nothing", async () => {
    let ran = false;
    gateway.worker.handle = async (invocation) => {
      ran = true;
      return await echo(invocation);
    };
    const { hostname, port } = new URL(listening.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`${head("/function/echo", "Content-Length: 100")}[1,2`);
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on("close", () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ran).toBe(false);
    expect(gateway.errors).toEqual([]);
    await othersAreServed();
  });

  test("while it follows a log leaves no subscription behind", async () => {
    const queued = await fetch(`${listening.url}/async-function/echo?delay=60000`, { method: "POST" });
    const { id } = (await queued.json()) as { id: string };
    const left = new AbortController();
    let ended = false;
    const follow = gateway.store.invocations.followLogs;
    gateway.store.invocations.followLogs = async function* (...args) {
      yield* follow(...args);
      ended = true;
    };
    const answer = await fetch(`${listening.url}/invocations/${id}/logs`, {
      headers: { accept: "text/event-stream" },
      signal: left.signal,
    });
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    left.abort();
    await expect.poll(() => ended).toBe(true);
    gateway.store.invocations.followLogs = follow;
  });
});

describe("a client that means no good", () => {
  test("with headers that never end is cut, and others are served meanwhile", async () => {
    const slow = raw("POST /function/echo HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    await othersAreServed();
    expect(await slow).toMatch(/^HTTP\/1\.1 408 [\s\S]*application\/problem\+json/);
  });

  test("with a giant header is 431", async () => {
    expect(await raw(head("/function/echo", `X-Giant: ${"x".repeat(20_000)}`))).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("with a body that is declared too large is 413 before it has been sent", async () => {
    const answer = await raw(head("/function/echo", `Content-Length: ${EVENT_MAX_BYTES + 1}`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*payloadTooLarge/);
  });

  test("with endless chunks is cut soon after the limit", async () => {
    const { hostname, port } = new URL(listening.url);
    const chunk = Buffer.from(`100000\r\n${"x".repeat(0x100000)}\r\n`);
    let sent = 0;
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname);
      const more = () => {
        while (sent < 1024 && !socket.destroyed && socket.write(chunk)) sent++;
        sent++;
      };
      socket.on("drain", more);
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.write(head("/function/echo", "Transfer-Encoding: chunked"));
      more();
    });
    expect(sent).toBeLessThan(128);
    await othersAreServed();
  });

  test.each<[string, string]>([
    ["two lengths", head("/function/echo", "Content-Length: 1", "Content-Length: 2")],
    ["a length and chunks", head("/function/echo", "Content-Length: 1", "Transfer-Encoding: chunked")],
    ["a negative length", head("/function/echo", "Content-Length: -1")],
    ["no Host", "POST /function/echo HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["a Host that is none", head("/function/echo").replace("Host: localhost", "Host: a b@c/d")],
    ["bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    ["a backslash in the path", head("/function\\echo")],
  ])("with %s is 400", async (_title, request) => {
    expect(await raw(request)).toMatch(/^HTTP\/1\.1 400 /);
    await othersAreServed();
  });

  test.each([
    "/function/../secrets",
    "/function/%2e%2e/secrets",
    "/function/.%2E/functions/echo",
    "/functions/..%2fsecrets",
    "/function/echo/../../keys",
    "/function/a%00b",
    "http://localhost/function/%2e%2e/secrets",
  ])("with the path %s is 400, and never what that resolves to", async (target) => {
    const answer = await raw(head(target).replace("POST", "GET"));
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*invalidName/);
  });

  test("that rebinds DNS is 403", async () => {
    const answer = await raw(head("/function/echo").replace("Host: localhost", "Host: evil.example"));
    expect(answer).toMatch(/^HTTP\/1\.1 403 [\s\S]*foreignOrigin/);
  });
});

describe("what goes over the wire", () => {
  test("is the request byte by byte: header order, repeats, path, caller's address", async () => {
    let seen: unknown;
    gateway.worker.handle = async (invocation) => {
      seen = invocation.gateway?.http;
      return await echo(invocation);
    };
    await raw(
      head("/function/echo/A%20b//c?q=%c3%a9&q", "X-B: 1", "X-A: 2", "X-B: 3", "Content-Length: 2"),
      "{}",
    );
    expect(seen).toMatchObject({
      method: "POST",
      path: "/A%20b//c",
      query: "q=%c3%a9&q",
      remoteAddress: "127.0.0.1",
      headers: expect.arrayContaining([
        ["x-b", "1"],
        ["x-a", "2"],
        ["x-b", "3"],
      ]),
    });
  });

  test("HEAD tells the length of a body that it does not bring", async () => {
    gateway.worker.handle = async (invocation) => {
      await invocation.enter();
      const response = { statusCode: 200, headers: { "x-a": "b" }, body: "hello", isBase64Encoded: false };
      return ended({ resultJson: JSON.stringify(response), isHttpResponse: true });
    };
    const answer = await raw("HEAD /function/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(answer.toLowerCase()).toMatch(/^http\/1\.1 200 [\s\S]*content-length: 5\r\n/);
    expect(answer).toMatch(/\r\n\r\n$/);
  });
});
