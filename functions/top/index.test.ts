import os from "node:os";
import { expect, it } from "vitest";
import top from "./index.ts";
import { mounts, processes } from "./proc.ts";

it("finds itself among the processes, with its parent and its threads", () => {
  const self = processes().find(({ pid }) => pid === process.pid);
  expect(self).toMatchObject({ parent: process.ppid, state: "R" });
  expect(self?.threads).toBeGreaterThan(1);
  expect(self?.residentBytes).toBeGreaterThan(1024 ** 2);
});

it("reads mounts with their type and options", () => {
  expect(mounts()).toContainEqual(expect.objectContaining({ target: "/proc", type: "proc", root: "/" }));
});

it("tells of identity, namespaces, CPUs, memory and what can be written", () => {
  const seen = top();
  expect(seen.hostname).toBe(os.hostname());
  expect(seen.self.uid).toBe(process.getuid?.());
  expect(Object.keys(seen.self.namespaces)).toEqual(
    expect.arrayContaining(["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"]),
  );
  expect(seen.self.capabilities).toMatch(/^[0-9a-f]{16}$/);
  expect(seen.cpus.listed).toBe(os.cpus().length);
  expect(seen.memory.totalBytes).toBe(os.totalmem());
  expect(seen.files.writable).toContain(os.tmpdir());
});
