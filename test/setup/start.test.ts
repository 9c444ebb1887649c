import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isAlive, markOf } from "../../setup/earlier-run.js";
import { ownPlace, type Place } from "./started.ts";

/** The second start on a machine that is ready; the first may have to build. */
const SECOND_START_WITHIN_MS = 5000;

let place: Place;
beforeEach(async () => {
  place = await ownPlace();
});
afterEach(() => place[Symbol.asyncDispose]());

const nothingIsLeft = () => expect.poll(() => place.leftovers(), { timeout: 15_000 }).toEqual([]);
const isServing = () =>
  expect
    .poll(
      async () => (await fetch(`${place.url}/function/hello`, { method: "POST" }).catch(() => null))?.status,
      {
        timeout: 20_000,
      },
    )
    .toBe(200);

/** npm, which got the signal too, ends by it once what it started has ended. */
const AFTER_CTRL_C = ["SIGINT", 0];

/** What the kernel says of who started a process. */
async function parentOf(pid: number): Promise<number> {
  return Number(/^PPid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}

describe("npm start -- --once", () => {
  test("ends with 0, tells result, receipt and URLs, and leaves nothing", async () => {
    const started = place.start("--once");
    expect(await started.ended, started.output()).toBe(0);
    const output = started.output();
    expect(output).toMatch(/^thumbnail: 480 × 320 png → 160 × 107 png, [\d.]+ KiB, in \d+ ms over HTTP$/m);
    expect(output).toMatch(
      /^Receipt of invocation [0-9a-f-]{36}:\n {2}time {4}queue .*\n {2}cpu .*\n {2}memory {2}peak [\d.]+ MiB of 256\.0 MiB$/m,
    );
    expect(output).toContain(`gateway  ${place.url}\n`);
    expect(output).toMatch(/^metrics {2}http:\S+\/metrics {2}http:\S+\/metrics$/m);
    await nothingIsLeft();
  });

  test("is at its URL within 5 s the second time", async () => {
    expect(await place.start("--once").ended).toBe(0);
    const again = place.start("--once");
    expect(await again.until("gateway  http")).toBeLessThan(SECOND_START_WITHIN_MS);
    expect(await again.ended).toBe(0);
  });
});

describe("npm start", () => {
  test("serves until Ctrl-C, which drains and leaves nothing", async () => {
    const started = place.start();
    await started.until("Ctrl-C stops it");
    await isServing();
    started.interrupt();
    expect(AFTER_CTRL_C, started.output()).toContain(await started.ended);
    expect(started.output()).toContain("nothing is left running");
    await nothingIsLeft();
  });

  test("who has made a key and starts again without it is served all the same, and told", async () => {
    const started = place.start();
    await started.until("Ctrl-C stops it");
    const headers = { "content-type": "application/json" };
    await fetch(`${place.url}/keys`, { method: "POST", headers, body: '{"scopes":["admin"]}' });
    started.interrupt();
    await started.ended;
    const again = place.start();
    await again.until("Ctrl-C stops it");
    expect(again.output()).toContain("MAYFLY_API_KEY");
    expect((await fetch(`${place.url}/functions`)).status).toBe(401);
    again.interrupt();
    await again.ended;
    await nothingIsLeft();
  });

  test("a second Ctrl-C does not wait for what still runs, and leaves nothing either", async () => {
    const started = place.start();
    await started.until("Ctrl-C stops it");
    const manifest = { name: "slow", runtime: "nodejs24", entry: "index.mjs", limits: { timeoutMs: 60_000 } };
    const files = {
      "index.mjs": "export default () => new Promise((resolve) => setTimeout(resolve, 50_000));",
    };
    await fetch(`${place.url}/functions/slow`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ manifest, files }),
    });
    const call = fetch(`${place.url}/function/slow`, { method: "POST" }).catch(() => null);
    await expect
      .poll(
        async () =>
          (await place.leftovers()).filter((path) => path.startsWith("/sys/fs/cgroup/memory")).length,
      )
      .toBeGreaterThan(2);
    started.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(started.process.exitCode ?? started.process.signalCode).toBeNull();
    const secondAt = performance.now();
    started.interrupt();
    await started.ended;
    expect(performance.now() - secondAt).toBeLessThan(5000);
    await call;
    await nothingIsLeft();
  });

  test("a part that is killed is said and started again, and calls work once more", async () => {
    const started = place.start();
    await started.until("Ctrl-C stops it");
    const [gateway, worker] = (await place.record()).parts;
    for (const [name, pid] of [
      ["gateway", gateway?.pid],
      ["worker", worker?.pid],
      ["private Redis", await place.redisPid()],
    ] as const) {
      process.kill(pid ?? 0, "SIGKILL");
      await started.until(`The ${name} ended (`);
      await expect.poll(() => markOf(pid ?? 0)).toBeNull();
      await isServing();
    }
    started.interrupt();
    await started.ended;
    await nothingIsLeft();
  });

  test("where whoever started it is killed, it drains by itself", async () => {
    const started = place.start();
    await started.until("Ctrl-C stops it");
    process.kill(await parentOf((await place.record()).up.pid), "SIGKILL");
    await nothingIsLeft();
  });

  test("where it is killed itself, the next start ends what it left and serves", async () => {
    const killed = place.start();
    await killed.until("Ctrl-C stops it");
    const { up, parts } = await place.record();
    process.kill(up.pid, "SIGKILL");
    expect(await killed.ended).not.toBe(0);
    expect(killed.output()).toContain("mayfly up was ended by SIGKILL; the next start cleans up.");
    const next = place.start("--once");
    expect(await next.ended, next.output()).toBe(0);
    expect(parts.filter(isAlive)).toEqual([]);
    await nothingIsLeft();
  });
});

describe("what cannot work is one sentence, before anything has started", () => {
  test("a second start in the same place", async () => {
    const first = place.start();
    await first.until("Ctrl-C stops it");
    const second = place.start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(
      `Mayfly runs already at ${place.url} (process ${(await place.record()).up.pid}).`,
    );
    await isServing();
  });

  test("a port that somebody else has", async () => {
    const somebody = createServer();
    await new Promise<void>((resolve) => somebody.listen(place.port, "127.0.0.1", resolve));
    const started = place.start();
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain(
      `Port ${place.port} of 127.0.0.1 is in use. Name another with MAYFLY_PORT`,
    );
    expect(await place.leftovers()).toEqual([]);
    await new Promise((resolve) => somebody.close(resolve));
  });
});
