import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, SandboxError, type Sandboxes } from "../src/index.ts";
import { LIMITS, MODES, openBox, openWay, python, ROOT, shell, traces, until, WAYS } from "./support/box.ts";

describe.each(WAYS)("from start to end, by $way, with cgroups in mode $mode", (way) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openWay(way);
  });
  afterAll(() => sandboxes.close());

  test("an exit code and a signal are told as they were", async () => {
    expect(await shell(sandboxes, "exit 7")).toMatchObject({ exitCode: 7, signal: null, killedBy: null });
    expect(await shell(sandboxes, "kill -SEGV $$")).toMatchObject({ exitCode: null, signal: "SIGSEGV" });
    expect(await shell(sandboxes, "kill -TERM $$")).toMatchObject({ exitCode: null, signal: "SIGTERM" });
  });

  test("orphans are reaped while it runs, and a daemon dies with it", async () => {
    // Where it is forked: a zygote for Python is there then, and a copy of it is parked.
    await python(sandboxes, "pass");
    await sleep(200);
    const before = traces();
    const result = await python(
      sandboxes,
      `import os, time
for _ in range(20):
  if os.fork() == 0:
    if os.fork() == 0: os._exit(0)
    os._exit(0)
  os.wait()
  time.sleep(0.01)
if os.fork() == 0:
  os.setsid()
  if os.fork() == 0: time.sleep(600)
  os._exit(0)
os.wait()
time.sleep(0.2)
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()).__len__())`,
      { limits: { pidsLimit: 8 } },
    );
    expect(result.stdout, result.stderr).toBe("2");
    expect(await until(() => traces().ours === before.ours)).toBe(true);
  });

  test("kill() ends the whole tree, and the first reason counts", async () => {
    const running = await sandboxes.start({
      argv: ["/bin/sh", "-c", "sleep 100 & sleep 100"],
      env: {},
      cwd: "/tmp",
      hostname: "box",
      root: ROOT,
      limits: LIMITS,
      control: "none",
      seccomp: "exec",
    });
    running.stdout.resume();
    running.stderr.resume();
    running.kill("cancelled");
    running.kill("settled");
    expect(await running.ended).toMatchObject({
      signal: "SIGKILL",
      killedBy: "cancelled",
      mainOomKilled: false,
    });
    running.kill("cancelled");
  });

  test("a large environment and many arguments arrive", async () => {
    const value = "x".repeat(100_000);
    const result = await run({
      sandboxes,
      root: ROOT,
      argv: ["/usr/bin/printenv", "BIG"],
      env: { BIG: value },
    });
    expect(result.stdout.toString().trim()).toBe(value);
  });

  test("an aborted signal cancels", async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const result = await run({
      sandboxes,
      root: ROOT,
      argv: ["/bin/sleep", "20"],
      signal: controller.signal,
    });
    expect(result).toMatchObject({ killedBy: "cancelled", signal: "SIGKILL" });
  });

  test("endless output is ended", async () => {
    const result = await shell(sandboxes, "yes", { maxOutputBytes: 100_000 });
    expect(result.killedBy).toBe("outputTooLarge");
    expect(result.stdout.length).toBeLessThanOrEqual(100_000);
  });
});

describe.each(MODES)("what a spec says, with cgroups in mode %s", (mode) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openBox(mode);
  });
  afterAll(() => sandboxes.close());

  test("descriptor 3 is one end of a stream socket where the spec asks for it", async () => {
    const running = await sandboxes.start({
      argv: ["/bin/sh", "-c", "read line <&3; echo got $line >&3"],
      env: {},
      cwd: "/tmp",
      hostname: "box",
      root: ROOT,
      limits: LIMITS,
      control: "channel",
      seccomp: "exec",
    });
    running.stdout.resume();
    running.stderr.resume();
    running.control?.write("hello\n");
    const chunks: Buffer[] = [];
    void running.control?.read((chunk) => chunks.push(chunk));
    expect((await running.ended).exitCode).toBe(0);
    expect(await until(() => Buffer.concat(chunks).toString() === "got hello\n")).toBe(true);
  });

  test("what leaves with its channel unread, and much said on it, is heard to its end", async () => {
    const running = await sandboxes.start({
      argv: [
        "/usr/bin/python3",
        "-I",
        "-S",
        "-c",
        `import os, socket
channel = socket.socket(fileno=3)
for _ in range(400):
  # With a descriptor each, where that is allowed: then none is read together with the next.
  try: socket.send_fds(channel, [b"x"], [0])
  except OSError: channel.send(b"x")
os._exit(0)`,
      ],
      env: {},
      cwd: "/tmp",
      hostname: "box",
      root: ROOT,
      limits: { ...LIMITS, timeoutMs: 40_000 },
      control: "channel",
      seccomp: "python3",
    });
    running.stdout.resume();
    running.stderr.resume();
    running.control?.write("never read");
    let heard = 0;
    const end = running.control?.read((chunk) => {
      heard += chunk.length;
    });
    await running.ended;
    await end;
    // Where the other side is reset, what it said last may be lost; the end is not.
    expect(heard).toBeGreaterThan(0);
  });

  test("a failing step is an error with step, index and errno, and leaves nothing", async () => {
    const before = traces();
    const attempt = run({ sandboxes, root: ROOT, argv: ["/no/such/program"] });
    await expect(attempt).rejects.toBeInstanceOf(SandboxError);
    const error = (await attempt.catch((thrown: unknown) => thrown)) as SandboxError;
    expect(error).toMatchObject({ code: "stepFailed", step: "execute /no/such/program", errno: "ENOENT" });
    expect(error.index).toBeGreaterThan(10);
    const early = run({
      sandboxes,
      root: [{ kind: "bind", source: "/no/such/folder", target: "/x" }],
      argv: ["/bin/true"],
    });
    await expect(early).rejects.toMatchObject({ code: "stepFailed", errno: "ENOENT" });
    const readOnly = run({
      sandboxes,
      root: [...ROOT, { kind: "file", target: "/usr/new/file", content: "" }],
      argv: ["/bin/true"],
    });
    await expect(readOnly).rejects.toMatchObject({ step: "make directory /usr/new", errno: "EROFS" });
    expect(await until(() => JSON.stringify(traces()) === JSON.stringify(before))).toBe(true);
  });

  test("a spec that makes no sense is refused before anything is done", async () => {
    for (const bad of [
      { argv: ["sh"] },
      { argv: [] },
      { cwd: "../x" },
      { env: { "A=B": "" } },
      { hostname: "a\0b" },
    ]) {
      await expect(run({ sandboxes, root: ROOT, argv: ["/bin/true"], ...bad })).rejects.toMatchObject({
        code: "invalidSpec",
      });
    }
  });

  test("a tree shows its files and no path of the host, and cannot be written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mayfly-tree-"));
    await writeFile(join(folder, "hello.txt"), "hello");
    await symlink("hello.txt", join(folder, "link"));
    await sandboxes.loadTree("code", folder);
    const root = [...ROOT, { kind: "tree", tree: "code", target: "/function" } as const];
    const { stdout } = await shell(
      sandboxes,
      "cat /function/link; grep ' /function ' /proc/self/mountinfo | cut -d' ' -f4; echo x > /function/hello.txt",
      { root },
    );
    expect(stdout).toBe("hello/");
    await expect(sandboxes.loadTree("code", folder)).rejects.toMatchObject({
      code: "treeFailed",
      errno: "EEXIST",
    });
    await sandboxes.dropTree("code");
    await expect(run({ sandboxes, root, argv: ["/bin/true"] })).rejects.toMatchObject({ errno: "ENOENT" });
    await symlink("/etc/passwd", join(folder, "evil"));
    await expect(sandboxes.loadTree("code", folder)).rejects.toMatchObject({
      code: "treeFailed",
      errno: "EXDEV",
    });
    await rm(folder, { recursive: true });
  });
});
