import { describe, expect, test } from "vitest";
import { openSandboxes, probe } from "../src/index.ts";
import { cgroupsBelow, PARENT, traces, until } from "./support/box.ts";

const OPTIONS = { cgroupParent: PARENT, allowWithout: [], hostUid: 65_533 };

describe("probe", () => {
  test("passes on a machine where sandboxes run, names what is best effort, and leaves nothing", async () => {
    const before = traces();
    const probes = await probe(OPTIONS);
    expect(probes.filter(({ status }) => status === "FAIL")).toEqual([]);
    const passed = probes.filter(({ status }) => status === "PASS").map(({ name }) => name);
    expect(passed).toEqual(
      expect.arrayContaining([
        "kernel",
        "namespaces",
        "seccomp",
        "cgroups",
        "sandbox",
        "memory",
        "pidsLimit",
        "cpus",
      ]),
    );
    expect(probes.filter(({ status }) => status === "WARN").map(({ name }) => name)).toContain(
      "memoryReservation",
    );
    expect(cgroupsBelow(PARENT)).toEqual([]);
    expect(await until(() => JSON.stringify(traces()) === JSON.stringify(before))).toBe(true);
  });

  test("says what fails, and the remedy", async () => {
    const probes = await probe({ ...OPTIONS, cgroupParent: "/".repeat(3) });
    const failed = probes.find(({ status }) => status === "FAIL");
    expect(failed?.name).toBe("cgroups");
    expect(failed?.remedy).toBeTruthy();
  });
});

describe("openSandboxes", () => {
  test("refuses names that are no directories, and a host user that is root", async () => {
    const good = { ...OPTIONS, workerId: "w", debugHoldMs: 0 };
    for (const bad of [
      { workerId: "../x" },
      { workerId: "" },
      { cgroupParent: "../x" },
      { cgroupParent: "a//b" },
      { hostUid: 0 },
    ]) {
      await expect(openSandboxes({ ...good, ...bad })).rejects.toMatchObject({ code: "invalidSpec" });
    }
  });
});
