import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAlive, markOf, recordRun, settleEarlierRun } from "../earlier-run.js";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-earlier-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

function start(script: string) {
  const child = spawn("sh", ["-c", script], { stdio: "ignore" });
  children.push(child);
  const mark = markOf(child.pid ?? 0);
  if (mark === null) throw new Error("it ended at once");
  return mark;
}

const url = "http://127.0.0.1:8080";
const gone = { pid: process.pid, startTicks: "1" };

test("a run that is alive is not disturbed, and the sentence says how to stop it", async () => {
  const up = start("sleep 60");
  recordRun(folder, { url, up, parts: [] });
  await expect(settleEarlierRun(folder)).rejects.toThrow(
    `Mayfly runs already at ${url} (process ${up.pid}). Stop it with Ctrl-C there, or with: kill ${up.pid}.`,
  );
  expect(isAlive(up)).toBe(true);
});

test("what a killed run left running is ended, and forgotten", async () => {
  const part = start("sleep 60");
  recordRun(folder, { url, up: gone, parts: [part] });
  await settleEarlierRun(folder);
  expect(isAlive(part)).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test("a process that only has the number of one of ours is left alone", async () => {
  const stranger = start("sleep 60");
  recordRun(folder, { url, up: gone, parts: [{ ...stranger, startTicks: "1" }] });
  await settleEarlierRun(folder);
  expect(isAlive(stranger)).toBe(true);
});

test("without an earlier run there is nothing to settle", async () => {
  await expect(settleEarlierRun(folder)).resolves.toBeUndefined();
});
