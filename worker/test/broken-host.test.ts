import { readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { openRig } from "./support/rig.ts";

const CGROUPS = "/sys/fs/cgroup";

/** A file of the worker's own cgroup, and what makes the kernel refuse every leaf below it, or allows them again. */
const SWITCH = {
  // A leaf may not have more of a CPU than its parent.
  v1: { file: "cpu.cfs_quota_us", refusing: "1000", allowing: "-1" },
  hybrid: { file: "cpu.cfs_quota_us", refusing: "1000", allowing: "-1" },
  v2: { file: "cgroup.max.descendants", refusing: "0", allowing: "max" },
};

async function fileOf(workerId: string, name: string): Promise<string> {
  const all = await readdir(CGROUPS, { recursive: true });
  const found = all.find((path) => basename(path) === name && basename(join(path, "..")) === workerId);
  if (found === undefined) throw new Error(`the worker ${workerId} has no ${name}`);
  return join(CGROUPS, found);
}

test("where no process can be started, a queue is not drained and no attempt is used up", async () => {
  await using rig = await openRig({
    env: { MAYFLY_WORKER_ID: `broken-${process.pid}`, MAYFLY_ZYGOTE_MEMORY: "0" },
    isolation: "exec",
  });
  await rig.deploy({ name: "hello", retry: { attempts: 1 } }, { "index.ts": "export default () => 1;" });
  const { file, refusing, allowing } = SWITCH[rig.worker.cgroupMode];
  const path = await fileOf(rig.worker.id, file);
  // The bundler's leaf may still be on its way out.
  const refuse = () =>
    writeFile(path, refusing).then(
      () => "refuses",
      (error: Error) => error.message,
    );
  await expect.poll(refuse, { timeout: 10_000 }).toBe("refuses");
  const ids = await Promise.all(Array.from({ length: 30 }, () => rig.enqueue("hello")));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const failed = rig.attempts.filter(({ outcome }) => outcome === "systemFailure").length;
  await writeFile(path, allowing);
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThan(12);
  for (const id of ids) expect(await rig.record(id)).toMatchObject({ state: "succeeded", result: 1 });
});
