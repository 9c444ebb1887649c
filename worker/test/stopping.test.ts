import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

/*
 * A worker as a program of its own, beside a rig whose own worker has no part in it: its slots are taken by nobody,
 * since the program is started only after that worker has been drained.
 */
let rig: Rig;
let program: ChildProcess;
let printed = "";
let exited: Promise<number | null>;

beforeEach(async () => {
  rig = await openRig();
  await rig.deploy(
    { name: "slow", limits: { timeoutMs: 20_000 } },
    {
      "index.ts":
        "export default async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return 'slept'; };",
    },
  );
  await rig.worker.drain();
  printed = "";
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  program = spawn(process.execPath, [new URL("../src/main.ts", import.meta.url).pathname], {
    env: { ...env, ...rig.environment, MAYFLY_WORKER_METRICS_PORT: "0", MAYFLY_WORKER_ID: "program" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [program.stdout, program.stderr])
    stream?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  exited = new Promise((resolve) => program.once("exit", resolve));
  await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/takes invocations/);
});
afterEach(async () => {
  program.kill("SIGKILL");
  await exited;
  await rig[Symbol.asyncDispose]();
});

const untilRunning = (id: string) =>
  expect
    .poll(async () => (await rig.worker.store.invocations.get(id))?.pid ?? 0, { timeout: 10_000 })
    .toBeGreaterThan(1);

describe("a worker that is asked to stop", () => {
  test("finishes what runs, and leaves with 0", async () => {
    const calling = rig.call("slow", 1500);
    await expect
      .poll(() => rig.producer.backlog(["slow"]), { timeout: 10_000 })
      .toMatchObject([{ jobs: { active: 1 } }]);
    program.kill("SIGTERM");
    expect(await calling).toMatchObject({ outcome: { kind: "ok" }, result: "slept" });
    expect(await exited).toBe(0);
  });

  test("hands back what runs at the second signal, so that another worker finishes it", async () => {
    const id = await rig.enqueue("slow", 3000);
    await untilRunning(id);
    program.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));
    program.kill("SIGTERM");
    const startedAt = Date.now();
    expect(await exited).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(2000);
    await using next = await rig.openAnother();
    expect(next.id).not.toBe("program");
    expect(await rig.record(id)).toMatchObject({ state: "succeeded", result: "slept" });
  });

  test("whose launcher is killed ends with 1, and its work is done by another", async () => {
    const id = await rig.enqueue("slow", 1500);
    await untilRunning(id);
    const [launcher = 0] = await childrenOf(program.pid ?? 0);
    process.kill(launcher, "SIGKILL");
    expect(await exited).toBe(1);
    await using _next = await rig.openAnother();
    expect(await rig.record(id)).toMatchObject({ state: "succeeded", result: "slept" });
  });

  test("that runs a synchronous call tells its caller that it is lost", async () => {
    const calling = rig.call("slow", 9000);
    await expect
      .poll(() => rig.producer.backlog(["slow"]), { timeout: 10_000 })
      .toMatchObject([{ jobs: { active: 1 } }]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    program.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    program.kill("SIGTERM");
    expect((await calling).outcome.kind).toBe("workerLost");
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}
