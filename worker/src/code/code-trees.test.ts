import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packFiles } from "@mayfly/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCodeTrees } from "./code-trees.ts";
import { withFolder } from "./unpack.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "mayfly-trees-"));
});
const never = new AbortController().signal;
afterAll(() => rm(scratch, { recursive: true }));

function setUp({ maxBytes = 1000, bundleBytes = 400, compile = async () => Buffer.alloc(100) } = {}) {
  const told: string[] = [];
  const trees = createCodeTrees({
    cache: {
      async get(hash) {
        told.push(`get ${hash}`);
        if (hash === "lost") throw new Error("no such code");
        const path = hash === "esm" ? ".mayfly/bundle.mjs" : ".mayfly/bundle.cjs";
        return packFiles([{ path, mode: 0o644, bytes: Buffer.alloc(bundleBytes) }]);
      },
    },
    sandboxes: {
      async loadTree(name, folder) {
        expect(existsSync(join(folder, ".mayfly"))).toBe(true);
        told.push(`load ${name}`);
      },
      dropTree: async (name) => void told.push(`drop ${name}`),
    },
    async compile(tree, entry) {
      told.push(`compile ${entry} in ${tree}`);
      return await compile();
    },
    scratch,
    stopping: never,
    maxBytes,
    onError: (error) => told.push(String(error)),
  });
  return { trees, told };
}

test("code is loaded once, however many ask for it at the same time", async () => {
  const { trees, told } = setUp();
  const leases = await Promise.all([trees.lease("a"), trees.lease("a"), trees.lease("a")]);
  expect(told).toEqual(["get a", "load code-a-1"]);
  expect(leases.map(({ tree, bundleFormat }) => [tree, bundleFormat])).toEqual(
    Array(3).fill(["code-a-1", "cjs"]),
  );
  expect((await trees.lease("esm")).bundleFormat).toBe("esm");
  expect(await readdir(scratch)).toEqual([]);
});

test("the least recently used code is dropped, but never what is in use", async () => {
  const { trees, told } = setUp();
  const a = await trees.lease("a");
  const b = await trees.lease("b");
  const c = await trees.lease("c");
  c[Symbol.dispose]();
  const dropped = () => told.filter((line) => line.startsWith("drop"));
  await expect.poll(dropped).toEqual(["drop code-c-3"]);
  a[Symbol.dispose]();
  b[Symbol.dispose]();
  const again = await trees.lease("c");
  again[Symbol.dispose]();
  await expect.poll(dropped).toEqual(["drop code-c-3", "drop code-a-1"]);
});

describe("a bundle of some size that is called again", () => {
  const large = { maxBytes: 100_000, bundleBytes: 20_000 };

  test("is compiled once, and takes the place of what was not once that is given back", async () => {
    const { trees, told } = setUp(large);
    const held = await trees.lease("a", "index.ts");
    for (let call = 0; call < 3; call++) (await trees.lease("a", "index.ts"))[Symbol.dispose]();
    await expect.poll(() => told).toContain("load code-a-2");
    const compiled = await trees.lease("a", "index.ts");
    expect(compiled).toMatchObject({ tree: "code-a-2", hasCodeCache: true });
    expect(held).toMatchObject({ tree: "code-a-1", hasCodeCache: false });
    expect(told.filter((line) => line.startsWith("compile"))).toEqual(["compile index.ts in code-a-1"]);
    expect(told).not.toContain("drop code-a-1");
    held[Symbol.dispose]();
    await expect.poll(() => told).toContain("drop code-a-1");
  });

  test("goes on without where it could not be compiled, and is not tried again", async () => {
    const { trees, told } = setUp({ ...large, compile: () => Promise.reject(new Error("no")) });
    for (let call = 0; call < 9; call++) (await trees.lease("a", "index.ts"))[Symbol.dispose]();
    await expect.poll(() => told).toContain("Error: no");
    expect((await trees.lease("a", "index.ts")).hasCodeCache).toBe(false);
    expect(told.filter((line) => line.startsWith("compile"))).toHaveLength(1);
  });

  test.each([
    ["is small", { bundleBytes: 400 }, "a", "index.ts"],
    ["is of another runtime", large, "a", undefined],
  ] as const)("is left alone where it %s", async (_title, options, artifact, entry) => {
    const { trees, told } = setUp(options);
    for (let call = 0; call < 9; call++) (await trees.lease(artifact, entry))[Symbol.dispose]();
    expect(told).toEqual(["get a", "load code-a-1"]);
  });
});

test("what could not be had is asked for again the next time", async () => {
  const { trees, told } = setUp();
  await expect(trees.lease("lost")).rejects.toThrow("no such code");
  await expect(trees.lease("lost")).rejects.toThrow("no such code");
  expect(told).toEqual(["get lost", "get lost"]);
});

test("files are unpacked with their bits for execution, and no others", async () => {
  const files = [
    { path: "deep/run.sh", mode: 0o700, bytes: Buffer.from("x") },
    { path: "secret", mode: 0o600, bytes: Buffer.from("y") },
  ];
  const look = async (folder: string) => ({
    folder,
    modes: await Promise.all(
      ["deep/run.sh", "secret"].map(async (path) => (await stat(join(folder, path))).mode & 0o777),
    ),
    text: await readFile(join(folder, "deep/run.sh"), "utf8"),
  });
  const seen = await withFolder(scratch, files, look, never);
  expect(seen).toMatchObject({ modes: [0o755, 0o644], text: "x" });
  expect(existsSync(seen.folder)).toBe(false);
});

test("an unpacking that is told to stop does so between two files, and leaves none", async () => {
  const stopping = new AbortController();
  const bytes = Buffer.from("x");
  const files = Array.from({ length: 5000 }, (_, n) => ({ path: `${n}.txt`, mode: 0o644, bytes }));
  const use = async () => expect.fail("all of it was unpacked");
  const unpacking = withFolder(scratch, files, use, stopping.signal);
  setTimeout(() => stopping.abort(new Error("enough")), 20);
  await expect(unpacking).rejects.toThrow("enough");
  expect(await readdir(scratch)).toEqual([]);
});
