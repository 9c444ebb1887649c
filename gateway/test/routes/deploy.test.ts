import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unpackFiles } from "@mayfly/store";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { problemOf, put, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
let build: TestGateway["worker"]["build"];
beforeAll(async () => {
  gateway = await startTestGateway();
  build = gateway.worker.build;
});
beforeEach(() => {
  gateway.worker.build = build;
  gateway.worker.builds.length = 0;
});
afterAll(() => gateway[Symbol.asyncDispose]());

const manifest = { name: "fn", runtime: "nodejs24", entry: "index.ts" };
const files = { "index.ts": "export default () => 1;" };
const deploy = (given: unknown, withFiles: unknown, name = "fn") =>
  gateway.request(`/functions/${name}`, put({ manifest: given, files: withFiles }));
const upload = (body: Buffer, type = "application/gzip") =>
  gateway.request("/functions/fn", {
    method: "PUT",
    body: new Uint8Array(body),
    headers: { "content-type": type },
  });
const versionOf = async (answer: Response) => ((await answer.json()) as { version: string }).version;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mayfly-deploy-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function tarOf(content: Record<string, string>, ...what: string[]) {
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return execFileSync("tar", ["-czf", "-", "-C", dir, ...what]);
}

describe("a deploy", () => {
  test("is 201 with what was deployed, and the function is there", async () => {
    const answer = await deploy({ ...manifest, env: { TOKEN: "hidden" }, limits: { memory: "64m" } }, files);
    expect(answer.status).toBe(201);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      name: "fn",
      version: expect.stringMatching(/^[0-9a-f]{64}$/),
      env: ["TOKEN"],
    });
    const shown = await (await gateway.request("/functions/fn")).text();
    expect(shown).toContain(body["version"]);
    expect(shown).not.toContain("hidden");
  });

  test("of the same content is 200 with the same version, however it is written, and is not built again", async () => {
    const first = await versionOf(await deploy(manifest, { "index.ts": "1", "b.ts": "2" }));
    gateway.worker.builds.length = 0;
    const again = await deploy(
      { entry: "index.ts", runtime: "nodejs24", name: "fn" },
      { "./b.ts": "2", "index.ts": "1" },
    );
    expect(again.status).toBe(200);
    expect(await versionOf(again)).toBe(first);
    expect(gateway.worker.builds).toEqual([]);
  });

  test("of older content makes that the latest again", async () => {
    const old = await versionOf(await deploy(manifest, { "index.ts": "old" }));
    const young = await versionOf(await deploy(manifest, { "index.ts": "young" }));
    expect(young).not.toBe(old);
    expect((await deploy(manifest, { "index.ts": "old" })).status).toBe(200);
    expect(await versionOf(await gateway.request("/functions/fn"))).toBe(old);
  });

  test.each<[string, string[]]>([
    ["of the folder itself", ["."]],
    ["of the folder by its name", ["fn"]],
  ])("as a tar %s is the same as JSON with these files", async (_title, what) => {
    const content = { "function.json": JSON.stringify(manifest), "index.ts": "tar", "lib/a.ts": "a" };
    const inFolder = Object.fromEntries(
      Object.entries(content).map(([path, text]) => [`${what[0]}/${path}`, text]),
    );
    const answer = await upload(tarOf(inFolder, ...what));
    expect(answer.ok, await answer.clone().text()).toBe(true);
    const byJson = await deploy(manifest, { "index.ts": "tar", "lib/a.ts": "a" });
    expect(byJson.status).toBe(200);
    expect(await versionOf(byJson)).toBe(await versionOf(answer));
  });

  test("gives the worker the files as they came; an exec entry is executable in any case", async () => {
    let packed: Buffer | null = null;
    gateway.worker.build = async (request) => {
      packed = await gateway.store.artifacts.takeTemporary(request.upload);
      return {
        built: true,
        artifact: await gateway.store.artifacts.put(packed ?? Buffer.alloc(0)),
        warnings: [],
      };
    };
    const bytes = Buffer.from([0, 255, 10]);
    await gateway.deploy(
      "fn",
      { runtime: "exec", entry: "run.sh" },
      { "run.sh": "#!/bin/sh\n", tool: { base64: bytes.toString("base64"), mode: "0755" }, "data.txt": "é" },
    );
    const got = unpackFiles(packed ?? Buffer.alloc(0)).map(({ path, mode, bytes: b }) => [
      path,
      mode.toString(8),
      [...b],
    ]);
    expect(got).toEqual([
      ["data.txt", "644", [...Buffer.from("é")]],
      ["run.sh", "755", [...Buffer.from("#!/bin/sh\n")]],
      ["tool", "755", [...bytes]],
    ]);
  });

  test("that names a secret which is not stored yet is accepted with a warning", async () => {
    const answer = await deploy({ ...manifest, secrets: ["NOT_YET"] }, files);
    expect(answer.status).toBe(201);
    expect(((await answer.json()) as { warnings: string[] }).warnings.join()).toMatch(
      /NOT_YET is not stored yet/,
    );
  });
});

describe("a deploy that is refused says why, and stores nothing", () => {
  afterEach(async () => {
    expect((await gateway.request("/functions/bad")).status).toBe(404);
  });
  const bad = { ...manifest, name: "bad" };

  test.each<[string, unknown, Record<string, unknown>, string, RegExp]>([
    ["an unknown key", { ...bad, limits: { memroy: "1m" } }, files, "invalidManifest", /memroy.*memory/],
    ["a limit over the ceiling", { ...bad, limits: { memory: "99g" } }, files, "limitOverCeiling", /99g.*4g/],
    ["another name than the URL's", manifest, files, "invalidManifest", /"fn".*"bad"/],
    ["no manifest at all", undefined, files, "invalidRequest", /manifest: is missing/],
    [
      "an entry that is not there",
      { ...bad, entry: "main.ts" },
      files,
      "invalidManifest",
      /main\.ts.*index\.ts/,
    ],
    [
      "a python entry that is not there",
      { ...bad, runtime: "python3", entry: "m.py" },
      files,
      "invalidManifest",
      /m\.py/,
    ],
    [
      "an exec entry that is not there",
      { ...bad, runtime: "exec", entry: "run" },
      files,
      "invalidManifest",
      /"run"/,
    ],
    ["a path above the folder", bad, { ...files, "../evil.ts": "x" }, "invalidRequest", /\.\.\/evil\.ts/],
    ["an absolute path", bad, { ...files, "/etc/x": "x" }, "invalidRequest", /absolute/],
    ["a file that is neither text nor base64", bad, { ...files, x: 7 }, "invalidRequest", /files\.x/],
    ["base64 that is none", bad, { ...files, x: { base64: "%%%" } }, "invalidRequest", /files\.x/],
  ])("%s", async (_title, given, withFiles, code, message) => {
    const answer = await deploy(given, withFiles, "bad");
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = await problemOf(answer);
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(message);
    expect(gateway.worker.builds).toEqual([]);
  });

  test("code that does not bundle gets the bundler's file, line and column", async () => {
    gateway.worker.build = async () => ({
      built: false,
      errors: [
        { text: 'Unexpected ";"', file: "index.ts", line: 2, column: 9 },
        { text: "out of memory", file: null, line: null, column: null },
      ],
    });
    const answer = await deploy(bad, files, "bad");
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({
      code: "invalidBundle",
      detail: expect.stringContaining('index.ts:2:9: Unexpected ";"; out of memory'),
      errors: [{ file: "index.ts", line: 2, column: 9 }, {}],
    });
  });

  test("a manifest that is huge, or nested without end, soon", async () => {
    const keys = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`key-${i}`, 1]));
    const before = Date.now();
    for (const huge of [
      { ...bad, ...keys },
      { ...bad, env: keys },
    ])
      expect(await problemOf(await deploy(huge, files, "bad"))).toMatchObject({ code: "invalidManifest" });
    const deep = `{"manifest":${"[".repeat(100_000)}${"]".repeat(100_000)},"files":{}}`;
    const answer = await gateway.request("/functions/bad", { ...put(null), body: deep });
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: "invalidManifest" });
    expect(Date.now() - before).toBeLessThan(5000);
  });

  test("twice as many files as are taken", async () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`f${i}`, 7]));
    const answer = await deploy(bad, many, "bad");
    expect(answer.status).toBe(413);
  });

  test("malformed JSON gets the place", async () => {
    const answer = await gateway.request("/functions/bad", { ...put(null), body: '{"manifest": {]}' });
    expect(await problemOf(answer)).toMatchObject({ code: "invalidJson", line: 1, column: 15 });
  });

  test.each(["UPPER", "-a", "a%00b", "..%2fx"])("the name %s", async (name) => {
    const answer = await gateway.request(`/functions/${name}`, put({ manifest, files }));
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).code).toBe("invalidName");
  });

  test("a tar without function.json, or whose function.json is no JSON", async () => {
    const without = await upload(tarOf({ "index.ts": "1" }, "."));
    expect(await problemOf(without)).toMatchObject({ status: 400, code: "invalidManifest" });
    const broken = await upload(tarOf({ "function.json": "{,}" }, "."));
    expect(await problemOf(broken)).toMatchObject({ status: 400, code: "invalidJson" });
  });

  test("another content type is 415", async () => {
    expect((await upload(Buffer.from("PK"), "application/zip")).status).toBe(415);
  });

  test("an upload that declares more than is taken is 413, and is not read", async () => {
    let read = 0;
    const body = new ReadableStream({
      pull(controller) {
        read++;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const answer = await gateway.request("/functions/bad", {
      method: "PUT",
      body,
      headers: { "content-type": "application/gzip", "content-length": String(60 * 1024 ** 2) },
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(413);
    expect(read).toBeLessThan(3);
  });
});

test("without a worker a deploy is 503 noWorker, and may be tried again", { timeout: 20_000 }, async () => {
  await using lonely = await startTestGateway({ slots: 0 });
  const answer = await lonely.request("/functions/fn", put({ manifest, files }));
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).not.toBeNull();
  expect((await problemOf(answer)).code).toBe("noWorker");
});
