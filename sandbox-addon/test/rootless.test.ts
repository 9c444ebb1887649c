import { spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MODES } from "./support/box.ts";

const NAME = `mayfly-test-rootless-${process.pid}`;
const USER = 1000;

const IS_V2 = MODES.includes("v2");

/** Where cgroups are mounted. */
const MOUNTS = readFileSync("/proc/self/mountinfo", "utf8")
  .split("\n")
  .filter((line) => / - cgroup2? /.test(line) && !line.includes("name=systemd"))
  .map((line) => line.split(" ")[4] ?? "");

/** Without root a worker lives in a cgroup that its administrator gave it: here, made by hand in every hierarchy. */
describe("a launcher without root, in a delegated cgroup", () => {
  beforeAll(() => {
    for (const mount of MOUNTS) {
      const directory = join(mount, NAME);
      if (IS_V2) writeFileSync(join(mount, "cgroup.subtree_control"), "+memory +pids +cpu +cpuset +io");
      mkdirSync(join(directory, "self"), { recursive: true });
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        if (existsSync(join(mount, file)))
          writeFileSync(join(directory, file), readFileSync(join(mount, file)));
      }
      for (const path of [
        directory,
        join(directory, "self"),
        ...delegatedFilesOf(directory),
        ...delegatedFilesOf(join(directory, "self")),
      ]) {
        chownSync(path, USER, USER);
      }
    }
  });
  afterAll(() => {
    for (const mount of MOUNTS) removeBelow(join(mount, NAME));
  });

  test("runs a program behind every wall, by exec and by fork", () => {
    const script = fileURLToPath(new URL("support/rootless-probe.ts", import.meta.url));
    const enter = MOUNTS.map(
      (mount) => `echo 0 > ${join(mount, NAME, "self", "cgroup.procs")} 2>/dev/null`,
    ).join("; ");
    const worker = spawnSync(
      "/bin/sh",
      [
        "-c",
        `${enter}; exec setpriv --reuid ${USER} --regid ${USER} --clear-groups "$@"`,
        "sh",
        process.execPath,
        script,
        `/${NAME}`,
      ],
      { encoding: "utf8" },
    );
    const { probes, forked } = JSON.parse(worker.stdout || '{ "probes": [] }') as {
      probes: { name: string; status: string; detail: string }[];
      forked: { stdout: string };
    };
    expect(
      probes.filter(({ status }) => status === "FAIL"),
      worker.stderr,
    ).toEqual([]);
    expect(
      probes.map(({ name }) => name),
      worker.stderr,
    ).toContain("sandbox");
    expect(forked.stdout).toBe("1000\nCapEff:\t0000000000000000\n2 1");
    for (const mount of MOUNTS) {
      expect(directoriesBelow(join(mount, NAME)).filter((path) => /doctor|call-/.test(path))).toEqual([]);
    }
  });
});

/** The files that go along with a delegated directory: cgroups(7), "Delegation". */
const delegatedFilesOf = (directory: string) =>
  ["cgroup.procs", "tasks", "cgroup.subtree_control", "cgroup.threads"]
    .map((file) => join(directory, file))
    .filter((path) => existsSync(path));

function directoriesBelow(directory: string): string[] {
  const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return children
    .map(({ name }) => join(directory, name))
    .flatMap((path) => [...directoriesBelow(path), path]);
}

function removeBelow(directory: string): void {
  for (const path of [...directoriesBelow(directory), directory]) rmdirSync(path);
}
