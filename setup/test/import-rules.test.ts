import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../child-environment.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-imports-"));
  await copyFile(join(REPOSITORY, "biome.json"), join(folder, "biome.json"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `npm run check` says of one file's imports. */
async function complaintsOf(path: string, source: string): Promise<string> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), source);
  const biome = join(REPOSITORY, "node_modules/.bin/biome");
  const args = ["lint", "--vcs-enabled=false", "--only=style/noRestrictedImports", "--colors=off", path];
  return new Promise((resolve) => {
    execFile(biome, args, { cwd: folder }, (error, stdout, stderr) =>
      resolve(error === null ? "" : stdout + stderr),
    );
  });
}

test.each([
  ["gateway/src/a.ts", 'import "@mayfly/worker";', "gateway may import queue, store, contract"],
  ["gateway/src/routes/a.ts", 'import type { A } from "../../../sandbox-addon/src/types.ts";', "gateway may"],
  ["contract/src/a.ts", 'export * from "@mayfly/store";', "contract may import no package of ours"],
  ["cli/src/a.ts", 'await import("@mayfly/queue");', "cli may import contract"],
  ["store/src/a.ts", 'import { Queue } from "bullmq";', "Only queue/ imports bullmq"],
  ["worker/src/run/a.ts", 'import { x } from "@mayfly/metrics";', "worker may"],
  ["sandbox-addon/src/a.ts", 'import "../../worker/src/a.ts";', "sandbox-addon may"],
  ["functions/hello/a.ts", 'import "@mayfly/queue";', "functions may"],
])("%s must not say %s", async (path, source, complaint) => {
  expect(await complaintsOf(path, source)).toContain(complaint);
});

test.each([
  ["queue/src/b.ts", 'import { Queue } from "bullmq"; import "@mayfly/store";'],
  ["worker/src/b.ts", 'import "@mayfly/queue"; import "@mayfly/runtimes"; import "./run/b.ts";'],
  ["worker/src/main.ts", 'import "@mayfly/metrics"; import "@mayfly/sandbox-addon";'],
  ["gateway/src/main.ts", 'import "@mayfly/metrics";'],
  ["gateway/src/b.test.ts", 'import "@mayfly/worker";'],
  ["test/e2e/b.ts", 'import "bullmq"; import "@mayfly/worker";'],
])("%s may say %s", async (path, source) => {
  expect(await complaintsOf(path, source)).toBe("");
});
