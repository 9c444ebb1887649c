import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForkSpec, Sandboxes, Zygote } from "../src/index.ts";
import {
  cgroupsBelow,
  descendants,
  LIMITS,
  MODES,
  openBox,
  outputOf,
  PARENT,
  ROOT,
  textOf,
  until,
} from "./support/box.ts";
import { loadPrograms, openExecutingZygote, toArguments } from "./support/forked.ts";

/** SETGID, SETUID, SETPCAP, SYS_CHROOT and SYS_ADMIN. */
const ZYGOTE_CAPABILITIES = "00000000002401c0";

const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe.each(MODES)("zygotes, with cgroups in mode %s", (mode) => {
  let sandboxes: Sandboxes;
  let zygote: Zygote;
  const code = mkdtempSync(join(tmpdir(), "mayfly-zygote-"));

  beforeAll(async () => {
    sandboxes = await openBox(mode);
    await loadPrograms(sandboxes);
    mkdirSync(join(code, "folder"));
    writeFileSync(join(code, "folder/file"), "of the call");
    await sandboxes.loadTree("code", code);
    zygote = await openExecutingZygote(
      sandboxes,
      [...ROOT, { kind: "directory", target: "/function" }],
      "exec",
    );
  });
  afterAll(async () => {
    await sandboxes.close();
    rmSync(code, { recursive: true });
  });

  const callOf = (script: string, rest: Partial<ForkSpec> = {}): ForkSpec => ({
    zygote,
    cwd: "/tmp",
    hostname: "box",
    limits: { ...LIMITS, timeoutMs: 40_000 },
    attach: [],
    ...rest,
    env: { PATH: "/usr/bin:/bin", ...rest.env, ...toArguments(["/bin/sh", "-c", script]) },
  });

  const call = async (script: string, rest: Partial<ForkSpec> = {}) =>
    outputOf(await sandboxes.fork(callOf(script, rest)));

  /** The launcher and its zygote. */
  const AT_REST = 2;
  /** An emulated machine is slow. */
  const PATIENCE_MS = 30_000;

  /** The next call finds one at hand. */
  const waitUntilParked = async () => {
    zygote.park(1);
    for (let i = 0; i < 200; i++) {
      const running = await sandboxes.fork(callOf("true"));
      await outputOf(running);
      if (running.wasParked) break;
      await sleep(10);
    }
    await sleep(50);
  };

  test.each([0, 1])(
    "a call has its own name, directory, environment, code and disk (%d parked)",
    async (parked) => {
      zygote.park(parked);
      if (parked > 0) await waitUntilParked();
      const running = await sandboxes.fork(
        callOf(
          "hostname; pwd; echo $A; cat /function/folder/file; echo; df -k --output=size /tmp | tail -1; env",
          {
            cwd: "/function/folder",
            hostname: "own",
            env: { A: "value" },
            limits: { ...LIMITS, tmpfsBytes: 4 * 1024 ** 2 },
            attach: [{ tree: "code", target: "/function" }],
          },
        ),
      );
      expect(running.wasParked).toBe(parked === 1);
      const { stdout, stderr } = await outputOf(running);
      expect(
        stdout.split("\n").map((line) => line.trim()),
        stderr,
      ).toEqual([
        "own",
        "/function/folder",
        "value",
        "of the call",
        "4096",
        "A=value",
        "PATH=/usr/bin:/bin",
        "PWD=/function/folder",
      ]);
      zygote.park(0);
    },
  );

  test("a parked process is used once, and another takes its place", async () => {
    await waitUntilParked();
    const pids = new Set<number>();
    let parked = 0;
    for (let i = 0; i < 20; i++) {
      const running = await sandboxes.fork(callOf("touch /tmp/mine; ls /tmp"));
      pids.add(running.pid);
      if (running.wasParked) parked++;
      expect((await outputOf(running)).stdout).toBe("mine");
      await sleep(20);
    }
    expect(pids.size).toBe(20);
    expect(parked).toBeGreaterThan(0);
    zygote.park(0);
  });

  test("one that is parked has no descriptor, number or name of the zygote's, and costs no CPU", async () => {
    const { stdout } = await call(
      "ls /proc/self/fd; cat /proc/self/status | grep -E '^(Pid|PPid|NSpid)'; ls /proc",
    );
    expect(stdout).not.toContain(String(zygote.pid));
    zygote.park(4);
    await sleep(300);
    const launcher = Number(statusOf(zygote.pid, "PPid"));
    const ranNs = () =>
      [launcher, zygote.pid].map((pid) =>
        Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]),
      );
    const before = ranNs();
    await sleep(500);
    expect(ranNs()).toEqual(before);
    zygote.park(0);
  });

  test("the zygote has a handful of capabilities, and namespaces beside the host's", async () => {
    expect(statusOf(zygote.pid, "CapEff")).toBe(ZYGOTE_CAPABILITIES);
    expect(statusOf(zygote.pid, "CapBnd")).toBe(ZYGOTE_CAPABILITIES);
    expect(statusOf(zygote.pid, "NoNewPrivs")).toBe("1");
    expect(readFileSync(`/proc/${zygote.pid}/environ`, "utf8")).toBe("");
    const mounts = readFileSync(`/proc/${zygote.pid}/mountinfo`, "utf8");
    expect(mounts).not.toContain(process.cwd());
  });

  test("what its sandbox cannot do is an error, and leaves nothing", async () => {
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
    await expect(call("true", { cwd: "/no/such/place" })).rejects.toMatchObject({ errno: "ENOENT" });
    await expect(call("true", { attach: [{ tree: "nobody's", target: "/function" }] })).rejects.toMatchObject(
      {
        errno: "ENOENT",
      },
    );
    await expect(call("true", { attach: [{ tree: "code", target: "/nowhere" }] })).rejects.toMatchObject({
      code: "stepFailed",
    });
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  });

  test("one that cannot start says at which step, or with which status it left", async () => {
    const root = [...ROOT, { kind: "directory", target: "/function" } as const];
    const failing = (argv: string[], more: typeof root = root) =>
      sandboxes.openZygote({ argv, env: {}, root: more, seccomp: "exec" });
    await expect(failing(["/no/such/program"])).rejects.toMatchObject({
      code: "zygoteFailed",
      errno: "ENOENT",
    });
    await expect(failing(["/bin/false"])).rejects.toThrow(/status 1/);
    await expect(
      failing(["/bin/true"], [...root, { kind: "tree", tree: "nobody's", target: "/x" } as never]),
    ).rejects.toMatchObject({ errno: "ENOENT" });
  });

  test("its death touches no process that runs, and is told", async () => {
    const mortal = await openExecutingZygote(sandboxes, ROOT, "exec");
    mortal.park(2);
    const running = await sandboxes.fork(callOf("read line; echo $line", { zygote: mortal }));
    process.kill(mortal.pid, "SIGKILL");
    await expect(mortal.ended).resolves.toEqual(expect.any(String));
    await expect(sandboxes.fork(callOf("true", { zygote: mortal }))).rejects.toMatchObject({
      code: "zygoteLost",
    });
    running.stdin.write("still here\n");
    const [stdout, ending] = await Promise.all([
      textOf(running.stdout),
      running.ended,
      textOf(running.stderr),
    ]);
    expect(stdout).toBe("still here\n");
    expect(ending).toMatchObject({ exitCode: 0, killedBy: null });
  });

  test("calls that are under way at its death fail as lost or succeed, and none hangs", async () => {
    const mortal = await openExecutingZygote(sandboxes, ROOT, "exec");
    const calls = Array.from({ length: 12 }, () => call("echo done", { zygote: mortal }));
    setTimeout(() => process.kill(mortal.pid, "SIGKILL"), 3);
    for (const settled of await Promise.allSettled(calls)) {
      if (settled.status === "fulfilled") expect(settled.value.stdout).toBe("done");
      else expect(settled.reason).toMatchObject({ code: "zygoteLost" });
    }
  });

  test("closing it ends what is parked, and leaves what runs", async () => {
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
    const closed = await openExecutingZygote(sandboxes, ROOT, "exec");
    closed.park(3);
    await sleep(200);
    const running = await sandboxes.fork(callOf("read line; echo $line", { zygote: closed }));
    closed.close();
    await closed.ended;
    running.stdin.write("on\n");
    expect(await textOf(running.stdout)).toBe("on\n");
    running.stderr.resume();
    await running.ended;
    expect(existsSync(`/proc/${closed.pid}`)).toBe(false);
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  });
});

test("the end of the worker takes zygotes and parked processes along", async () => {
  const sandboxes = await openBox(MODES.at(-1) ?? "v2");
  await loadPrograms(sandboxes);
  const zygote = await openExecutingZygote(sandboxes, ROOT, "exec");
  zygote.park(2);
  await sleep(200);
  await sandboxes.close();
  expect(existsSync(`/proc/${zygote.pid}`)).toBe(false);
  expect(cgroupsBelow(PARENT)).toEqual([]);
  expect(sandboxes.leaked()).toEqual({ processes: 0, cgroups: 0, mounts: 0, netns: 0 });
});
