import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNodeVersions } from "../src/code/node-versions.ts";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const noRegistry = whyNoRegistry();
if (noRegistry !== null) console.warn(`skipped: other Node versions cannot be fetched here: ${noRegistry}`);

// Each is 120 MB, which is why these stand alone.
test.skipIf(noRegistry !== null).each(["nodejs20", "nodejs22"] as const)(
  "%s runs on a Node of its own, which is fetched when a function asks for it",
  { timeout: 240_000 },
  async (runtime) => {
    const code =
      "export default (event, { log }) => { log.info('hello'); return process.versions.node.split('.')[0]; };";
    const reply = await rig.run(code, { runtime });
    expect(reply).toMatchObject({ outcome: { kind: "ok" }, result: runtime.slice("nodejs".length) });
    expect((await rig.logs(reply.id)).lines.map(({ text }) => text)).toEqual(["hello"]);
    const leak =
      "export default () => { const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length)); };";
    expect((await rig.run(leak, { runtime, limits: { memory: "64m" } })).outcome.kind).toBe(
      "heapOutOfMemory",
    );
    const thrower = await rig.run("\nexport default async () => { await 1; throw new TypeError('x'); };", {
      runtime,
    });
    expect(thrower.outcome.stack).toMatch(/\/function\/index\.ts:2:\d+/);
  },
);

test("where npm cannot be reached, a version other than the worker's own says what to do", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-node-"));
  const before = process.env["npm_config_registry"];
  process.env["npm_config_registry"] = "http://127.0.0.1:9";
  try {
    const versions = createNodeVersions(folder);
    await expect(versions.binFolder(22)).rejects.toThrow(/Node 22.*npm could not fetch.*nodejs24/);
    expect(await versions.binFolder(24)).toMatch(/bin$/);
  } finally {
    if (before === undefined) delete process.env["npm_config_registry"];
    else process.env["npm_config_registry"] = before;
    await rm(folder, { recursive: true });
  }
});

function whyNoRegistry(): string | null {
  try {
    execFileSync("npm", ["view", `node-linux-${process.arch}@20`, "version", "--fetch-retries=0"], {
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 20_000,
    });
    return null;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).split("\n")[0] ?? "";
  }
}
