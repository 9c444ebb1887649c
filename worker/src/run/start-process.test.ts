import { DEFAULT_CEILINGS, type FunctionVersion, parseManifest } from "@mayfly/contract";
import {
  type ForkSpec,
  type Running,
  SandboxError,
  type SandboxSpec,
  type Zygote,
} from "@mayfly/sandbox-addon";
import { expect, test } from "vitest";
import type { Choice } from "../zygotes/zygotes.ts";
import { StartPause } from "./start-pause.ts";
import { startProcess } from "./start-process.ts";

const zygote = {} as Zygote;
const never = new AbortController().signal;
const lost = new SandboxError("zygoteLost", "The zygote is gone.");
const failed = new SandboxError("stepFailed", "No.", { step: "mount /proc" });
const notExecutable = new SandboxError("stepFailed", "No.", { step: "execute /function/run" });

const version: FunctionVersion = {
  name: "hello",
  version: "1",
  tenant: "default",
  manifest: parseManifest({ name: "hello", runtime: "nodejs24", entry: "a.js" }, DEFAULT_CEILINGS),
  artifact: "a",
  createdAt: 0,
};

/** A worker's start, with forks and boots that fail in the order that is given; null: it succeeds. */
function starting(results: { zygote: "ready" | "none"; forks?: (Error | null)[]; boots?: (Error | null)[] }) {
  const told: string[] = [];
  const lease = {
    zygote,
    forked: () => void told.push("forked"),
    failed: () => void told.push("fork failed"),
  };
  const running = (wasParked: boolean) => ({ setupUs: 10, wasParked }) as Running;
  const next = (queue: (Error | null)[] | undefined) => {
    const error = queue?.shift();
    if (error) throw error;
  };
  const choice: Choice = results.zygote === "ready" ? { lease, why: null } : { lease: null, why: "noZygote" };
  const pause = new StartPause(never);
  const start = () =>
    startProcess(
      {
        zygotes: { choose: () => choice },
        sandboxes: {
          async fork() {
            next(results.forks);
            return running(true);
          },
          async start() {
            told.push("boot");
            next(results.boots);
            return running(false);
          },
        },
        observer: { startFailed: (isolation) => void told.push(`${isolation} did not start`) },
        startPause: pause,
        log: { warn: () => {} },
      },
      version,
      { fork: () => ({}) as ForkSpec, boot: async () => ({}) as SandboxSpec },
    );
  return { start, told };
}

test("a process is a copy of the zygote that is there", async () => {
  const { start, told } = starting({ zygote: "ready" });
  expect(await start()).toMatchObject({ start: { how: "parked" } });
  expect(told).toEqual(["forked"]);
});

test("without a zygote it boots, and says why", async () => {
  expect(await starting({ zygote: "none" }).start()).toMatchObject({
    start: { how: "boot", why: "noZygote" },
  });
});

test.each([lost, failed])(
  "a fork that fails ($code) is made good by a boot, and the zygote is told",
  async (error) => {
    const { start, told } = starting({ zygote: "ready", forks: [error] });
    expect(await start()).toMatchObject({ start: { how: "boot", why: "forkFailed" } });
    expect(told).toEqual(["fork failed", "fork did not start", "boot"]);
  },
);

test("a boot that fails is tried once more, and no more", async () => {
  const once = starting({ zygote: "none", boots: [failed] });
  expect(await once.start()).toMatchObject({ start: { how: "boot" } });
  const twice = starting({ zygote: "none", boots: [failed, failed] });
  await expect(twice.start()).rejects.toThrow(failed);
  expect(twice.told.filter((what) => what === "boot")).toHaveLength(2);
});

test("an executable that is none is the function's fault: it is not tried again, and nothing waits", async () => {
  const { start, told } = starting({ zygote: "none", boots: [notExecutable] });
  const startedAt = performance.now();
  await expect(start()).rejects.toThrow(notExecutable);
  expect(told).toEqual(["boot", "exec did not start"]);
  expect(performance.now() - startedAt).toBeLessThan(90);
});

test("starts that fail one after the other take longer and longer, so that they cannot drain a queue", async () => {
  const { start } = starting({ zygote: "none", boots: Array.from({ length: 6 }, () => failed) });
  const tookMs: number[] = [];
  for (let count = 0; count < 3; count++) {
    const startedAt = performance.now();
    await expect(start()).rejects.toThrow(failed);
    tookMs.push(performance.now() - startedAt);
  }
  expect(tookMs[0]).toBeGreaterThan(90);
  expect(tookMs[1]).toBeGreaterThan(190);
  expect(tookMs[2]).toBeGreaterThan(390);
});

test("a pause ends with the worker", async () => {
  const stopping = new AbortController();
  const pause = new StartPause(stopping.signal);
  const waited = pause.next();
  stopping.abort();
  await waited;
});
