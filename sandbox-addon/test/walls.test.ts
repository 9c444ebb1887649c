import { readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandboxes } from "../src/index.ts";
import { LIMITS, openWay, python, ROOT, shell, WAYS } from "./support/box.ts";

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;

describe.each(WAYS)("the walls, by $way, with cgroups in mode $mode", (way) => {
  let sandboxes: Sandboxes;
  beforeAll(async () => {
    sandboxes = await openWay(way);
  });
  afterAll(() => sandboxes.close());

  test("all eight namespaces differ from the host's", async () => {
    const running = await sandboxes.start({
      argv: ["/bin/cat"],
      env: {},
      cwd: "/",
      hostname: "box",
      root: ROOT,
      limits: LIMITS,
      control: "none",
      seccomp: "exec",
    });
    for (const kind of NAMESPACES) {
      const inside = readlinkSync(`/proc/${running.pid}/ns/${kind}`);
      expect(inside, kind).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
    running.stdin.end();
    running.stdout.resume();
    running.stderr.resume();
    expect((await running.ended).exitCode).toBe(0);
  });

  test("it is the child of an init, and /proc shows only its own processes", async () => {
    const { stdout } = await shell(sandboxes, "echo $$ $PPID; cd /proc; echo [0-9]*");
    expect(stdout).toBe("2 1\n2");
  });

  test("it is user 1000, without capabilities, with no_new_privs and a filter", async () => {
    const { stdout } = await shell(sandboxes, "id -u; id -G; cat /proc/self/status");
    expect(stdout).toMatch(/^1000\n1000\n/);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect(stdout).toMatch(new RegExp(`${set}:\\s+0000000000000000`));
    }
    expect(stdout).toMatch(/NoNewPrivs:\s+1/);
    expect(stdout).toMatch(/Seccomp:\s+2/);
    expect(stdout).toMatch(/SigBlk:\s+0000000000000000/);
    expect(stdout).toMatch(/SigIgn:\s+0000000000000000/);
  });

  test("a socket cannot be made to linger, which would hold up whoever lets go of it", async () => {
    const { stdout, stderr } = await python(
      sandboxes,
      `import socket, struct
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
try: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1000)); print("lingers")
except PermissionError: print("refused")`,
    );
    expect(stdout, stderr).toBe("refused");
  });

  test("it has the descriptors that it was given, and no others", async () => {
    const { stdout } = await python(sandboxes, "import os\nprint(sorted(os.listdir('/proc/self/fd')))");
    // 3 is the listing's own.
    expect(stdout).toBe("['0', '1', '2', '3']");
  });

  test("the root is read-only, and the tmpfs at /tmp and /dev/shm is not", async () => {
    const { stdout } = await shell(
      sandboxes,
      "for f in /x /usr/x /dev/x /etc/x; do touch $f 2>&1; done; touch /tmp/x /dev/shm/x && echo written",
    );
    expect(stdout.match(/Read-only file system/g)).toHaveLength(4);
    expect(stdout).toMatch(/written$/);
  });

  test("no path of the host shows in its mounts, and the kernel's secrets are covered", async () => {
    const { stdout } = await shell(
      sandboxes,
      "cut -d' ' -f4 /proc/self/mountinfo | sort -u; wc -c < /proc/kallsyms; ls /proc/1; echo x > /proc/sysrq-trigger",
    );
    expect(stdout.split("\n").filter((line) => line.startsWith("/sys/") || line.includes("work"))).toEqual(
      [],
    );
    expect(stdout).toMatch(/\n0$/);
  });

  test("what the host was booted with, who holds its locks and how busy it is are covered too", async () => {
    const { stdout } = await shell(
      sandboxes,
      "cat /proc/cmdline /proc/locks | wc -c; ls /proc/pressure | wc -l",
    );
    expect(stdout).toBe("0\n0");
  });

  test("the host name, the loopback and the clock since boot are its own", async () => {
    const { stdout } = await shell(
      sandboxes,
      "cat /proc/sys/kernel/hostname /proc/uptime; cat /proc/net/dev",
      {
        hostname: "its-own",
      },
    );
    expect(stdout).toMatch(/^its-own\n[0-9]\./);
    expect(stdout).not.toContain(hostname());
    expect(stdout).not.toMatch(/eth0|veth|docker/);
    const answer = await python(
      sandboxes,
      "import socket\na = socket.create_server(('127.0.0.1', 0))\nsocket.create_connection(a.getsockname())\nprint('up')",
    );
    expect(answer.stdout, answer.stderr).toBe("up");
  });

  test("it has no more priority than other programs, though the launcher has", async () => {
    const { stdout } = await shell(sandboxes, "nice; nice -n -5 nice 2>/dev/null");
    expect(stdout).toBe("0\n0");
  });

  test("its cgroup namespace ends at its own cgroup", async () => {
    const { stdout } = await shell(sandboxes, "cat /proc/self/cgroup");
    expect(stdout).not.toContain("call-");
    expect(stdout).not.toContain("..");
  });

  test("two that run at the same time are different users on the host, so that neither uses up the other's share", async () => {
    const spec = {
      argv: ["/bin/cat"],
      env: {},
      cwd: "/",
      hostname: "box",
      root: ROOT,
      limits: LIMITS,
    } as const;
    const both = await Promise.all(
      [1, 2].map(() => sandboxes.start({ ...spec, control: "none", seccomp: "exec" })),
    );
    const users = both.map(({ pid }) => statSync(`/proc/${pid}`).uid);
    expect(new Set(users).size).toBe(2);
    for (const running of both) {
      running.stdout.resume();
      running.stderr.resume();
      running.kill("settled");
      await running.ended;
    }
  });

  test("a second sandbox finds nothing of the first", async () => {
    await shell(sandboxes, "echo left > /tmp/marker; echo left > /dev/shm/marker");
    const { stdout } = await shell(sandboxes, "ls -A /tmp /dev/shm");
    expect(stdout).toBe("/dev/shm:\n\n/tmp:");
  });

  test("neither the init nor a host process can be signalled, traced or looked into", async () => {
    const { stdout } = await shell(
      sandboxes,
      `kill -9 1 2>&1; kill -9 ${process.pid} 2>&1; cat /proc/1/environ /proc/1/cmdline 2>&1; ls /proc/1/root 2>&1; echo alive`,
    );
    expect(stdout).toMatch(/Operation not permitted|No such process/);
    expect(stdout).toMatch(/alive$/);
    expect(stdout).not.toContain("mayfly");
  });
});
