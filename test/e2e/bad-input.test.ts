import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemOf, type System, startSystem } from "../support/system.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  await system.deploy(
    { name: "good", runtime: "nodejs24", entry: "index.ts" },
    { "index.ts": "export default () => 1;" },
  );
});
afterAll(() => system[Symbol.asyncDispose]());

const manifest = { name: "bad", runtime: "nodejs24", entry: "index.ts" };
const files = { "index.ts": "export default () => 1;" };

describe("a deploy that is refused says why and stores nothing", () => {
  test.each<[string, unknown, Record<string, unknown>, string, RegExp]>([
    [
      "an unknown key names the nearest one",
      { ...manifest, limits: { memroy: "64m" } },
      files,
      "invalidManifest",
      /memroy.*memory/,
    ],
    [
      "a limit over the ceiling names it",
      { ...manifest, limits: { memory: "99g" } },
      files,
      "limitOverCeiling",
      /99g.*4g/,
    ],
    [
      "code that does not parse gets esbuild's line and column",
      manifest,
      { "index.ts": "export default () => {\n  let = ;\n};" },
      "invalidBundle",
      /index\.ts:2:\d+/,
    ],
    [
      "an import of the host's file",
      manifest,
      { "index.ts": 'import x from "/etc/passwd";\nexport default () => x;' },
      "invalidBundle",
      /etc\/passwd/,
    ],
    [
      "an import above the folder",
      manifest,
      { "index.ts": 'import x from "../../secret.ts";\nexport default () => x;' },
      "invalidBundle",
      /\.\.\/secret/,
    ],
    [
      "a package that did not come along",
      manifest,
      { "index.ts": 'import x from "left-pad";\nexport default () => x;' },
      "invalidBundle",
      /left-pad/,
    ],
    [
      "a path above the folder",
      manifest,
      { ...files, "../evil.ts": "x" },
      "invalidRequest",
      /\.\.\/evil\.ts/,
    ],
    ["an entry that is not there", { ...manifest, entry: "main.ts" }, files, "invalidManifest", /main\.ts/],
    ["LD_PRELOAD in env", { ...manifest, env: { LD_PRELOAD: "/tmp/x.so" } }, files, "invalidManifest", /LD_/],
  ])("%s", async (_title, given, withFiles, code, message) => {
    const answer = await system.tryDeploy(given, withFiles);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const problem = await problemOf(answer);
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(message);
    expect((await fetch(`${system.url}/functions/bad`)).status).toBe(404);
  });
});

describe("a request that is refused", () => {
  test("malformed JSON is 400 and names the place", async () => {
    const answer = await fetch(`${system.url}/function/good`, {
      method: "POST",
      body: '{"a":',
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe("invalidJson");
  });

  test("an unknown function is 404", async () => {
    const answer = await system.call("nobody", {});
    expect(answer.status).toBe(404);
    expect((await problemOf(answer)).code).toBe("functionNotFound");
  });

  test.each(["%2e%2e%2fetc", "UPPER", "a%00b", "-a", "a".repeat(64)])("the name %s is 400", async (name) => {
    const answer = await fetch(`${system.url}/function/${name}`, { method: "POST" });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe("invalidName");
  });

  test("an event over 6 MiB is 413", async () => {
    const answer = await fetch(`${system.url}/function/good`, {
      method: "POST",
      body: JSON.stringify("x".repeat(7 * 1024 ** 2)),
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).code).toBe("payloadTooLarge");
  });

  test("a page of another origin is 403, and so is a foreign Host", async () => {
    const answer = await fetch(`${system.url}/function/good`, {
      method: "POST",
      headers: { origin: "http://evil.example" },
    });
    expect(answer.status).toBe(403);
  });

  test("the function that was there all along still answers", async () => {
    expect(await (await system.call("good", {})).json()).toBe(1);
  });
});
