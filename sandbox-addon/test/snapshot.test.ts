import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ForkSpec, Sandboxes, Snapshot, Zygote } from "../src/index.ts";
import { descendants, LIMITS, MODES, openBox, outputOf, ROOT, textOf, until } from "./support/box.ts";
import { loadPrograms, openExecutingZygote, toArguments } from "./support/forked.ts";

const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe.each(MODES)("snapshots, with cgroups in mode %s", (mode) => {
  let sandboxes: Sandboxes;
  let zygote: Zygote;

  beforeAll(async () => {
    sandboxes = await openBox(mode);
    await loadPrograms(sandboxes);
    zygote = await openExecutingZygote(sandboxes, ROOT, "exec");
  });
  afterAll(() => sandboxes.close());

  /** The launcher and its zygote. */
  const AT_REST = 2;
  /** An emulated machine is slow. */
  const PATIENCE_MS = 30_000;

  const specOf = (env: Record<string, string>, rest: Partial<ForkSpec> = {}): ForkSpec => ({
    zygote,
    cwd: "/tmp",
    hostname: "box",
    limits: { ...LIMITS, timeoutMs: 40_000 },
    attach: [],
    ...rest,
    env: { PATH: "/usr/bin:/bin", ...env },
  });

  const open = async (script: string, positions = 3, rest: Partial<ForkSpec> = {}) => {
    const env = { MAYFLY_TEST_REMEMBERED: "what it loaded", MAYFLY_TEST_ONCE: script };
    const snapshot = await sandboxes.openSnapshot({ ...specOf(env, rest), positions });
    snapshot.running.stdin.end();
    return snapshot;
  };
  const ready = async (snapshot: Snapshot) => {
    if (snapshot.running.control === null) throw new Error("no channel");
    const { control } = snapshot.running;
    await new Promise<void>((resolve) => void control.read(() => resolve()));
    snapshot.serve();
  };
  const opened = async (script: string, positions = 3) => {
    const snapshot = await open(script, positions);
    snapshot.running.stdout.resume();
    snapshot.running.stderr.resume();
    await ready(snapshot);
    return snapshot;
  };
  const start = (from: Zygote, script: string) =>
    sandboxes.fork(specOf(toArguments(["/bin/sh", "-c", script]), { zygote: from }));
  const call = async (from: Zygote, script: string) => outputOf(await start(from, script));
  const close = async (snapshot: Snapshot) => {
    snapshot.zygote.close();
    await snapshot.zygote.ended;
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  };

  test("a copy finds the memory of the snapshot, in a sandbox of its own", async () => {
    const snapshot = await opened("echo scope > /tmp/scope");
    const script =
      "echo $MAYFLY_TEST_REMEMBERED; ls /tmp; cut -d. -f1 /proc/uptime; ps -o pid=,ppid=,sid= -p $$";
    const calls = Array.from({ length: 3 }, () => call(snapshot.zygote, script));
    for (const { stdout, stderr, ending } of await Promise.all(calls)) {
      expect(
        stdout.split("\n").map((line) => line.trim().replace(/ +/g, " ")),
        stderr,
      ).toEqual(["what it loaded", expect.stringMatching(/^[01]$/), "2 1 2"]);
      expect(ending).toMatchObject({ exitCode: 0, killedBy: null });
    }
    await close(snapshot);
  });

  test("no two copies, and no copy and its snapshot, share a namespace, a user or a cgroup", async () => {
    const snapshot = await opened("true");
    const kinds = ["pid", "net", "ipc", "uts", "mnt", "time", "user", "cgroup"];
    const of = (pid: number) => [
      ...kinds.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`)),
      `uid ${statusOf(pid, "Uid")}`,
      readFileSync(`/proc/${pid}/cgroup`, "utf8"),
    ];
    const running = await Promise.all([1, 2].map(() => start(snapshot.zygote, "read line")));
    const all = [snapshot.running.pid, ...running.map(({ pid }) => pid)].map(of);
    for (const at of all[0]?.keys() ?? []) expect(new Set(all.map((one) => one[at])).size).toBe(3);
    for (const one of running) {
      one.stdin.end();
      one.stdout.resume();
      one.stderr.resume();
    }
    await Promise.all(running.map(({ ended }) => ended));
    await close(snapshot);
  });

  test("the snapshot itself is confined as a call is", async () => {
    const snapshot = await opened("true", 1);
    const { pid } = snapshot.running;
    for (const set of ["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"])
      expect(statusOf(pid, set)).toBe("0000000000000000");
    expect(statusOf(pid, "NoNewPrivs")).toBe("1");
    expect(statusOf(pid, "Seccomp")).toBe("2");
    expect(statusOf(pid, "NSpid")?.split("\t").length).toBe(2);
    await close(snapshot);
  });

  test("when its places are used up it says so, and calls that run go on after its close", async () => {
    const snapshot = await opened("true", 1);
    const running = await start(snapshot.zygote, "read line; echo $line");
    running.stderr.resume();
    await expect(call(snapshot.zygote, "true")).rejects.toMatchObject({ code: "zygoteLost" });
    snapshot.zygote.close();
    await sleep(50);
    running.stdin.write("still here\n");
    expect((await Promise.all([textOf(running.stdout), running.ended]))[0]).toBe("still here\n");
    await snapshot.zygote.ended;
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  });

  test("what it runs once sees no process but its own, and reaches none", async () => {
    const snapshot = await open(
      "for i in 1 $(seq 3 400); do [ $i = $$ ] && continue; kill -9 $i 2> /dev/null && echo killed $i; done; ls /proc | grep '^[0-9]' | wc -l",
    );
    const said = textOf(snapshot.running.stdout);
    snapshot.running.stderr.resume();
    await ready(snapshot);
    expect((await call(snapshot.zygote, "echo fine")).stdout).toBe("fine");
    await close(snapshot);
    // Itself, the shell, and what that runs.
    expect((await said).trim()).toMatch(/^[345]$/);
  });

  test("a process that it leaves behind ends with it, and is in no call", async () => {
    const snapshot = await opened("(setsid sleep 1000 > /dev/null 2>&1 &)");
    expect((await call(snapshot.zygote, "cat /proc/[0-9]*/comm")).stdout).not.toContain("sleep");
    await close(snapshot);
  });

  test("its own limits hold: on time, memory and processes", async () => {
    const limited = (limits: Partial<typeof LIMITS>, script: string) =>
      open(script, 1, { limits: { ...LIMITS, ...limits } });
    const late = await limited({ timeoutMs: 300 }, "sleep 100");
    late.running.stdout.resume();
    late.running.stderr.resume();
    expect(await late.running.ended).toMatchObject({ killedBy: "timedOut" });
    await late.zygote.ended;
    const bomb = await limited(
      { timeoutMs: 5000, pidsLimit: 10 },
      "for i in $(seq 50); do sleep 1 & done; true",
    );
    bomb.running.stdout.resume();
    bomb.running.stderr.resume();
    await ready(bomb);
    bomb.zygote.close();
    expect((await bomb.running.ended).counters.pidsRefused).not.toBe(0);
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  });

  test("what goes on to use the CPU after it has said that it is ready is ended", async () => {
    const snapshot = await opened("(while :; do :; done > /dev/null 2>&1 &)", 1);
    expect(await snapshot.running.ended).toMatchObject({ killedBy: "cpuTimeExceeded" });
    await snapshot.zygote.ended;
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  }, 60_000);

  test("who holds a place has the function's limits before its call comes", async () => {
    const limits = { ...LIMITS, pidsLimit: 23 };
    const snapshot = await open("true", 2, { limits });
    snapshot.running.stdout.resume();
    snapshot.running.stderr.resume();
    await ready(snapshot);
    const running = await start(snapshot.zygote, "read line");
    const [directory = ""] = Object.entries(running.cgroups).flatMap(([name, path]) =>
      name.includes("pids") || name === "unified" ? [path] : [],
    );
    // On v2 it stands in a group, and so do those beside it.
    const worker = directory.replace(/(\/group-\d+)?\/[^/]+$/, "");
    const beside = readdirSync(worker, { recursive: true, encoding: "utf8" })
      .filter((path) => /(^|\/)copy-\d+$/.test(path))
      .map((path) => readFileSync(join(worker, path, "pids.max"), "utf8").trim());
    expect(beside).toContain("23");
    expect(beside.length).toBeGreaterThan(1);
    running.stdin.end();
    running.stdout.resume();
    running.stderr.resume();
    await running.ended;
    await close(snapshot);
  });

  test("its death is told, and touches no call that runs", async () => {
    const snapshot = await opened("true", 2);
    const running = await start(snapshot.zygote, "read line; echo $line");
    running.stderr.resume();
    process.kill(snapshot.running.pid, "SIGKILL");
    await sleep(100);
    await expect(call(snapshot.zygote, "true")).rejects.toMatchObject({ code: "zygoteLost" });
    running.stdin.write("still here\n");
    expect((await Promise.all([textOf(running.stdout), running.ended]))[0]).toBe("still here\n");
    expect(await snapshot.running.ended).toMatchObject({ signal: "SIGKILL" });
    await snapshot.zygote.ended;
    expect(await until(() => descendants() === AT_REST, PATIENCE_MS)).toBe(true);
  });

  test("a hundred copies leave nothing", async () => {
    for (let round = 0; round < 4; round++) {
      const snapshot = await opened("true", 25);
      const calls = Array.from({ length: 25 }, () => call(snapshot.zygote, "echo $MAYFLY_TEST_REMEMBERED"));
      for (const { stdout } of await Promise.all(calls)) expect(stdout).toBe("what it loaded");
      await close(snapshot);
    }
    expect(sandboxes.leaked()).toEqual({ processes: 0, cgroups: 0, mounts: 0, netns: 0 });
  });
});
