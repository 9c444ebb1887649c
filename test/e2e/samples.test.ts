import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invocationIdOf, type System, startSystem } from "../support/system.ts";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const FUNCTIONS = join(REPOSITORY, "functions");
const SAMPLES = readdirSync(FUNCTIONS).filter((name) => existsSync(join(FUNCTIONS, name, "function.json")));

let system: System;
beforeAll(async () => {
  system = await startSystem();
  for (const name of SAMPLES) await deployWithCli(name);
}, 120_000);
afterAll(() => system[Symbol.asyncDispose]());

/** As a user would: the CLI bundles what needs node_modules. */
async function deployWithCli(name: string): Promise<void> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const args = [join(REPOSITORY, "cli/src/main.ts"), "deploy", join(FUNCTIONS, name), "--json"];
  await promisify(execFile)(process.execPath, args, { env: { ...env, MAYFLY_URL: system.url } });
}

const example = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(join(FUNCTIONS, name, "example.json"), "utf8"));

// biome-ignore lint/suspicious/noExplicitAny: each sample answers in a shape of its own, which its test looks at.
async function answerOf(name: string, event?: unknown): Promise<any> {
  const answer = await system.call(name, event === undefined ? await example(name) : event);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return JSON.parse(text);
}

describe("every sample, deployed with the CLI and called with its example", () => {
  test("is among the functions that are listed", async () => {
    const listed = JSON.stringify(await (await fetch(`${system.url}/functions`)).json());
    for (const name of SAMPLES) expect(listed).toContain(`"${name}"`);
  });

  test("hello greets, as the first or second process of its own namespace", async () => {
    const { message, pid } = await answerOf("hello");
    expect(message).toBe("Hallo, Ephemera!");
    expect(pid).toBeLessThanOrEqual(2);
  });

  test("thumbnail answers JSON with JSON, and an image with an image", async () => {
    expect(await answerOf("thumbnail")).toMatchObject({ format: "png", width: 160, height: 107 });
    const { image } = (await example("thumbnail")) as { image: string };
    const answer = await fetch(`${system.url}/function/thumbnail?width=64&format=jpeg`, {
      method: "POST",
      headers: { "content-type": "image/png" },
      body: Buffer.from(image, "base64"),
    });
    expect(answer.headers.get("content-type")).toBe("image/jpeg");
    expect(Buffer.from(await answer.arrayBuffer()).readUInt16BE(0)).toBe(0xffd8);
  });

  test("markdown, csv-stats and qr-code do their work", async () => {
    expect(await answerOf("markdown")).toMatchObject({ title: "Mayflies" });
    expect(await answerOf("csv-stats")).toMatchObject({ rows: 6, numeric: ["temperature_c", "nymphs"] });
    expect(await answerOf("qr-code")).toMatchObject({ version: 4, modules: 33 });
    const png = await fetch(`${system.url}/function/qr-code?text=hello`);
    expect(png.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await png.arrayBuffer()).readUInt32BE(0)).toBe(0x89504e47);
  });

  test("hono-app serves the paths below its name", async () => {
    const answer = await fetch(`${system.url}/function/hono-app/convert/5/mi/km`);
    expect(await answer.json()).toMatchObject({ result: 8.04672 });
    expect((await fetch(`${system.url}/function/hono-app/nowhere`)).status).toBe(404);
    expect(await answerOf("hono-app")).toHaveLength(2);
  });

  test("s3-event has its environment and Lambda's context", async () => {
    const { jobs, remainingMs } = await answerOf("s3-event");
    expect(jobs[0].target).toBe("thumbnails/2025/avon/upper bridge (north)-160.jpg");
    expect(remainingMs).toBeGreaterThan(1000);
  });

  test("github-webhook verifies the raw body with a secret of the store", async () => {
    const secret = "s3cret";
    const stored = await fetch(`${system.url}/secrets/GITHUB_WEBHOOK_SECRET`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ value: secret }),
    });
    expect(stored.ok).toBe(true);
    // With spaces of its own: what is signed are the bytes, not the JSON.
    const body = await readFile(join(FUNCTIONS, "github-webhook/example.json"));
    const deliver = (signature: string) =>
      fetch(`${system.url}/function/github-webhook`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          "x-hub-signature-256": `sha256=${signature}`,
        },
        body,
      });
    const right = await deliver(createHmac("sha256", secret).update(body).digest("hex"));
    expect(right.status).toBe(200);
    expect(await right.json()).toMatchObject({ summary: expect.stringContaining("Count the nymphs") });
    expect((await deliver("0".repeat(64))).status).toBe(401);
  });

  test("word-count runs Python, percentiles a shell script, checksums a child process", async () => {
    expect(await answerOf("word-count")).toMatchObject({ words: 22, different: 18 });
    expect(await answerOf("percentiles")).toMatchObject({ count: 10, p50: 10.25, max: 250 });
    expect(await answerOf("checksums")).toMatchObject([{ matches: true }, { matches: false }, {}]);
  });

  test("a script that leaves with a status is exited, and its complaint is in the log", async () => {
    const answer = await system.call("percentiles", "text");
    expect(answer.status).toBe(500);
    const id = invocationIdOf(answer);
    expect((await system.record(id)).outcome).toMatchObject({ kind: "exited", exitCode: 2 });
    expect((await system.logs(id)).lines.map(({ text }) => text).join()).toContain("a list of numbers");
  });

  test("top sees a sandbox and nothing of the host", async () => {
    const { self, processes, mounts, network, files } = await answerOf("top");
    expect(self).toMatchObject({
      uid: 1000,
      capabilities: "0000000000000000",
      noNewPrivileges: true,
      seccomp: "filter",
    });
    expect(processes.every(({ pid }: { pid: number }) => pid <= 2)).toBe(true);
    expect(Object.keys(network)).toEqual(["lo"]);
    expect(files.writable).toEqual(["/tmp", "/dev/shm"]);
    expect(JSON.stringify(mounts)).not.toContain(REPOSITORY);
  });

  test("cpu-burner gets the half of a CPU that its quota says", async () => {
    const { share } = await answerOf("cpu-burner", { forMs: 2000 });
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  });
});

describe("memory-hog goes over its limit in each way", () => {
  test.each([
    ["buffers", 16, "ok"],
    ["buffers", 200, "outOfMemory"],
    ["heap", 200, "heapOutOfMemory"],
    ["files", 200, "outOfMemory"],
    ["files", 300, "outOfMemory"],
    ["child", 200, "ok"],
  ])("%s of %i MiB end as %s", async (kind, mebibytes, outcome) => {
    const answer = await system.call("memory-hog", { kind, mebibytes });
    expect(answer.headers.get("mayfly-outcome"), await answer.text()).toBe(outcome);
    const { receipt } = await system.record(invocationIdOf(answer));
    if (outcome === "outOfMemory" || kind === "child")
      expect(receipt?.memory.oomKills).toBeGreaterThanOrEqual(1);
    expect(receipt?.memory.peakBytes).toBeLessThanOrEqual(96 * 1024 ** 2);
  });
});
