import { expect, test } from "vitest";
import { keepRunning } from "./keep-running.ts";
import type { Instance } from "./launch-program.ts";

/** A part that ends when it is told to, or when the test lets it. */
function part(pid: number): Instance & { die(reason: string): void; stopped: boolean } {
  let die: (reason: string) => void = () => {};
  const exited = new Promise<string>((resolve) => {
    die = resolve;
  });
  return {
    pid,
    exited,
    die,
    stopped: false,
    async stop() {
      this.stopped = true;
      die("stopped");
    },
  };
}

test("a part that dies is started again after a pause that doubles, and that is said", async () => {
  const parts = [part(1), part(2), part(3)] as const;
  const said: string[] = [];
  const starts: number[] = [];
  let next = 1;
  const kept = keepRunning({
    name: "worker",
    first: parts[0],
    again: async () => {
      starts.push(performance.now());
      return parts[next++] ?? part(9);
    },
    say: (sentence) => said.push(sentence),
    firstPauseMs: 40,
  });
  parts[0].die("SIGKILL");
  await expect.poll(() => kept.pid).toBe(2);
  parts[1].die("status 1");
  await expect.poll(() => kept.pid).toBe(3);
  expect(said).toEqual([
    "The worker ended (SIGKILL). It is started again in 0.04 s.",
    "The worker ended (status 1). It is started again in 0.08 s.",
  ]);
  expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(75);
  await kept.stop();
  expect(parts[2].stopped).toBe(true);
});

test("one that cannot be started at all is tried again", async () => {
  const first = part(1);
  const second = part(2);
  const said: string[] = [];
  let attempts = 0;
  const kept = keepRunning({
    name: "private Redis",
    first,
    again: async () => {
      if (++attempts === 1) throw new Error("the disk is full");
      return second;
    },
    say: (sentence) => said.push(sentence),
    firstPauseMs: 1,
  });
  first.die("SIGKILL");
  await expect.poll(() => kept.pid).toBe(2);
  expect(said[1]).toBe("The private Redis ended (the disk is full). It is started again in 0.002 s.");
  await kept.stop();
});

test("one that is being started while all is stopped is stopped, too", async () => {
  const first = part(1);
  const second = part(2);
  let letItStart: (instance: Instance) => void = () => {};
  const starting = Promise.withResolvers<void>();
  const kept = keepRunning({
    name: "gateway",
    first,
    again: () => {
      starting.resolve();
      return new Promise((resolve) => {
        letItStart = resolve;
      });
    },
    say: () => {},
    firstPauseMs: 1,
  });
  first.die("SIGKILL");
  await starting.promise;
  const stopped = kept.stop();
  letItStart(second);
  await stopped;
  expect(second.stopped).toBe(true);
});
