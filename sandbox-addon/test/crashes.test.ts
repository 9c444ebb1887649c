import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../src/index.ts";
import { cgroupsBelow, MODES, openBox, PARENT, shell, traces, until } from "./support/box.ts";
import { PARENT_OPTIONS, startForever } from "./support/forever.ts";

interface Held {
  readonly pid: number;
  readonly cgroups: string[];
}

async function startWorker(workerId: string) {
  const script = fileURLToPath(new URL("support/hold.ts", import.meta.url));
  const worker = spawn(process.execPath, [script, PARENT, workerId], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await new Promise<string[]>((resolve) => {
    createInterface(worker.stdout).once("line", (text) => resolve([text]));
  });
  return { worker, held: JSON.parse(line ?? "") as Held };
}

const parentOf = (pid: number) =>
  Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1]);
const launcherOf = (pid: number) => parentOf(parentOf(pid));

describe("crashes", () => {
  test("a worker's SIGKILL leaves no process, cgroup or mount, without anybody's help", async () => {
    const before = traces();
    const { worker, held } = await startWorker("killed");
    expect(held.cgroups.every((directory) => existsSync(directory))).toBe(true);
    worker.kill("SIGKILL");
    expect(await until(() => !existsSync(`/proc/${held.pid}`))).toBe(true);
    expect(await until(() => traces().ours === before.ours && cgroupsBelow(PARENT).length === 0)).toBe(true);
    expect(traces()).toEqual(before);
  });

  test("the launcher's SIGKILL ends its sandboxes at once, and the next opening removes its cgroups", async () => {
    const before = traces();
    const lost: Error[] = [];
    const { sandboxes, running } = await startForever({
      ...PARENT_OPTIONS,
      cgroupParent: PARENT,
      workerId: "lost",
      onLost: (error) => lost.push(error),
    });
    process.kill(launcherOf(running.pid), "SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL", killedBy: "workerStopping" });
    expect(await until(() => !existsSync(`/proc/${running.pid}`))).toBe(true);
    expect(lost).toHaveLength(1);
    await expect(shell(sandboxes, "true")).rejects.toMatchObject({ code: "launcherLost" });
    await sandboxes.close();
    expect(cgroupsBelow(PARENT).length).toBeGreaterThan(0);

    const next = await openBox(MODES.at(-1) ?? "v2");
    expect(Object.values(running.cgroups).some((directory) => existsSync(directory))).toBe(false);
    await next.close();
    expect(
      await until(() => JSON.stringify(traces()) === JSON.stringify(before)),
      JSON.stringify([before, traces()]),
    ).toBe(true);
  });

  test("a worker's id can be open once, and another's sandboxes are left alone", async () => {
    const { sandboxes, running } = await startForever({
      ...PARENT_OPTIONS,
      cgroupParent: PARENT,
      workerId: "one",
    });
    const second = openBox(sandboxes.cgroupMode, { workerId: "one" });
    await expect(second).rejects.toBeInstanceOf(SandboxError);
    await expect(second).rejects.toMatchObject({ code: "openFailed" });
    const other = await openBox(sandboxes.cgroupMode, { workerId: "two" });
    expect(existsSync(`/proc/${running.pid}`)).toBe(true);
    await other.close();
    await sandboxes.close();
    expect(await running.ended).toMatchObject({ killedBy: "workerStopping" });
    expect(cgroupsBelow(PARENT)).toEqual([]);
  });
});
