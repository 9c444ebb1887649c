import { expect, test } from "vitest";
import { cgroupHomes, tryCgroup } from "./cgroups.js";

const mount = (root: string, point: string, type: string, options: string) =>
  `36 25 0:31 ${root} ${point} rw,nosuid - ${type} ${type} rw,${options}`;

test("v2: every controller of the one hierarchy, in the folder of this process", () => {
  const homes = cgroupHomes(mount("/", "/proc", "cgroup2", ""), "0::/self\n", () => "cpu memory pids\n");
  expect(homes).toEqual(
    ["cpu", "memory", "pids"].map((controller) => ({ controller, folder: "/proc/self" })),
  );
});

test("v1: each controller in its own hierarchy, also where two share one", () => {
  const mounts = [mount("/", "/proc", "cgroup", "cpu,cpuacct"), mount("/", "/sys", "cgroup", "memory")].join(
    "\n",
  );
  expect(cgroupHomes(mounts, "5:memory:/\n4:cpu,cpuacct:/self\n")).toEqual([
    { controller: "memory", folder: "/sys" },
    { controller: "cpu", folder: "/proc/self" },
    { controller: "cpuacct", folder: "/proc/self" },
  ]);
});

test("in a container without a cgroup namespace the path is the host's, and the mount shows its last part", () => {
  const homes = cgroupHomes(
    mount("/docker/abc", "/proc", "cgroup2", ""),
    "0::/docker/abc/self\n",
    () => "memory",
  );
  expect(homes).toEqual([{ controller: "memory", folder: "/proc/self" }]);
  const outside = cgroupHomes(
    mount("/docker/abc", "/proc", "cgroup2", ""),
    "0::/elsewhere\n",
    () => "memory",
  );
  expect(outside).toEqual([{ controller: "memory", folder: "/proc" }]);
});

test("a hierarchy that is not mounted has no home", () => {
  expect(cgroupHomes("", "3:memory:/\n0::/\n")).toEqual([]);
});

test("whether a cgroup can be made is found out by trying, and nothing is left", () => {
  expect(tryCgroup({ controller: "memory", folder: "/proc/self/no" })).toBe("ENOENT");
});
