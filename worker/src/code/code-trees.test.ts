import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packFiles } from "@mayfly/store";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCodeTrees } from "./code-trees.ts";
import { withFolder } from "./unpack.ts";

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "mayfly-trees-"));
});
const never = new AbortController().signal;
afterAll(() => rm(scratch, { recursive: true }));

function setUp(maxBytes = 1000) {
  const told: string[] = [];
  const trees = createCodeTrees({
    cache: {
      async get(hash) {
        told.push(`get ${hash}`);
        if (hash === "lost") throw new Error("no such code");
        const path = hash === "esm" ? ".mayfly/bundle.mjs" : ".mayfly/bundle.cjs";
        return packFiles([{ path, mode: 0o644, bytes: Buffer.alloc(400) }]);
      },
    },
    sandboxes: {
      async loadTree(name, folder) {
        expect(existsSync(join(folder, ".mayfly"))).toBe(true);
        told.push(`load ${name}`);
      },
      dropTree: async (name) => void told.push(`drop ${name}`),
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
  expect(told).toEqual(["get a", "load code-a"]);
  expect(leases.map(({ tree, bundleFormat }) => [tree, bundleFormat])).toEqual(
    Array(3).fill(["code-a", "cjs"]),
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
  await expect.poll(dropped).toEqual(["drop code-c"]);
  a[Symbol.dispose]();
  b[Symbol.dispose]();
  const again = await trees.lease("c");
  again[Symbol.dispose]();
  await expect.poll(dropped).toEqual(["drop code-c", "drop code-a"]);
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
