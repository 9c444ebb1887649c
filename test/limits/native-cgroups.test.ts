import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { MODES } from "../../sandbox-addon/test/support/box.ts";

const ADDON = fileURLToPath(new URL("../../sandbox-addon", import.meta.url));
const TESTS = ["cgroup_detect_test", "cgroup_tree_test", "cgroup_delegation_test"];

// They belong to the core's own tests (make test); here they run on v2 too. In the v2 machine nothing is compiled, since
// it is slow: test/v2-machine/run.ts does it before.
test.each(TESTS)("%s holds on this kernel", { timeout: 300_000 }, (name) => {
  if (process.env["MAYFLY_V2_MACHINE"] === undefined)
    execFileSync("make", ["--silent", "-C", ADDON, `build/test/${name}`]);
  const { stdout, status, error } = spawnSync(`${ADDON}/build/test/${name}`, { encoding: "utf8" });
  if (error !== undefined) throw error;
  expect(stdout.split("\n").filter((line) => line.startsWith("not ok"))).toEqual([]);
  expect(status).toBe(0);
  if (MODES.includes("v2")) expect(stdout).not.toContain("# SKIP");
});
