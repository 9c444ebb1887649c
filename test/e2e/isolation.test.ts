import { readFile, readlink } from "node:fs/promises";
import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSystemBy, startsOf } from "../support/started-by.ts";
import type { System } from "../support/system.ts";

const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] as const;

describe.each(ISOLATIONS)("where processes are started by %s", (isolation) => {
  let system: System;
  beforeAll(async () => {
    system = await startSystemBy(isolation);
    await system.deploy(
      {
        name: "look",
        runtime: "nodejs24",
        entry: "index.ts",
        limits: { memory: "96m", pidsLimit: 40, cpus: 0.5, timeoutMs: 20_000 },
      },
      {
        "index.ts": `import fs from "node:fs"; import os from "node:os";
        const attempt = (what) => { try { what(); return "done"; } catch (error) { return error.code; } };
        export default async (event) => {
          const seen = {
            pid: process.pid,
            processes: fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name)).map(Number),
            hostname: os.hostname(),
            interfaces: Object.keys(os.networkInterfaces()),
            namespaces: Object.fromEntries(fs.readdirSync("/proc/self/ns").map((kind) => [kind, fs.readlinkSync("/proc/self/ns/" + kind)])),
            mounts: fs.readFileSync("/proc/self/mountinfo", "utf8"),
            environment: Object.keys(process.env),
            uid: process.getuid(),
            status: fs.readFileSync("/proc/self/status", "utf8"),
            root: attempt(() => fs.writeFileSync("/marker", "x")),
            code: attempt(() => fs.writeFileSync("/function/marker", "x")),
            left: ["/tmp/marker", "/dev/shm/marker"].map((path) => fs.existsSync(path)),
          };
          for (const path of ["/tmp/marker", "/dev/shm/marker"]) fs.writeFileSync(path, "left behind");
          if (event?.holdMs) await new Promise((resolve) => setTimeout(resolve, event.holdMs));
          return seen;
        };`,
      },
    );
  });
  afterAll(() => system[Symbol.asyncDispose]());

  interface Seen {
    pid: number;
    processes: number[];
    hostname: string;
    interfaces: string[];
    namespaces: Record<string, string>;
    mounts: string;
    environment: string[];
    uid: number;
    status: string;
    root: string;
    code: string;
    left: boolean[];
  }

  const look = async () => (await (await system.call("look", {})).json()) as Seen;

  describe("from inside", () => {
    test("a function sees its own processes, host name, network and mounts only", async () => {
      const seen = await look();
      expect(seen.pid).toBeLessThanOrEqual(2);
      expect(seen.processes.every((pid) => pid <= 2)).toBe(true);
      expect(seen.hostname).not.toBe((await readFile("/proc/sys/kernel/hostname", "utf8")).trim());
      expect(seen.interfaces.filter((name) => name !== "lo")).toEqual([]);
      expect(seen.uid).toBe(1000);
      expect(seen.status).toMatch(/CapEff:\s+0000000000000000/);
      expect(seen.status).toMatch(/NoNewPrivs:\s+1/);
      expect(seen.status).toMatch(/Seccomp:\s+2/);
      for (const path of [process.cwd(), system.dataDir]) expect(seen.mounts).not.toContain(path);
      expect(seen.environment.some((name) => /REDIS|MAYFLY_DATA|SECRET|ADMIN/.test(name))).toBe(false);
    });

    test("the root and the code are read-only, and a second call finds nothing of the first", async () => {
      const first = await look();
      expect(first.root).toMatch(/EROFS|EACCES/);
      expect(first.code).toMatch(/EROFS|EACCES/);
      expect((await look()).left).toEqual([false, false]);
    });
  });

  describe("from outside, while it runs", () => {
    test("all eight namespaces differ from the host's, and it stands in a leaf cgroup of its own with its limits", async () => {
      const accepted = await fetch(`${system.url}/async-function/look`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ holdMs: 4000 }),
      });
      expect(accepted.status).toBe(202);
      const { id } = (await accepted.json()) as { id: string };
      expect(accepted.headers.get("location")).toBe(`/invocations/${id}`);

      const { pid, cgroups } = await runningPlace(id);
      for (const kind of NAMESPACES) {
        expect(await readlink(`/proc/${pid}/ns/${kind}`), kind).not.toBe(
          await readlink(`/proc/self/ns/${kind}`),
        );
      }
      const own = await readFile(`/proc/${pid}/cgroup`, "utf8");
      for (const [hierarchy, directory] of Object.entries(cgroups)) {
        const line = own
          .split("\n")
          .find((text) =>
            hierarchy === "unified" ? text.startsWith("0::") : text.split(":")[1] === hierarchy,
          );
        const path = line?.split(":").slice(2).join(":");
        expect(path && directory.endsWith(path), `${hierarchy}: ${line} is not ${directory}`).toBe(true);
      }
      expect(await limitOf(cgroups, "memory", "memory.limit_in_bytes", "memory.max")).toBe(
        String(96 * 1024 ** 2),
      );
      expect(await limitOf(cgroups, "pids", "pids.max", "pids.max")).toBe("40");
      expect(await limitOf(cgroups, "cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^50000( 100000)?$/);

      const record = await system.record(id);
      expect(record.state).toBe("succeeded");
      for (const directory of Object.values(cgroups))
        await expect(readFile(`${directory}/cgroup.procs`)).rejects.toThrow("ENOENT");
    });
  });

  async function runningPlace(id: string) {
    for (let i = 0; i < 200; i++) {
      const { state, pid, cgroups } = await system.record(id, 0);
      if (state === "running" && pid !== undefined && cgroups !== undefined) return { pid, cgroups };
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${id} never ran`);
  }

  async function limitOf(
    cgroups: Record<string, string>,
    v1: string,
    v1File: string,
    v2File: string,
  ): Promise<string> {
    const path = cgroups[v1] === undefined ? `${cgroups["unified"]}/${v2File}` : `${cgroups[v1]}/${v1File}`;
    return (await readFile(path, "utf8")).trim();
  }

  test("they were", async () => {
    expect(await startsOf(system)).toEqual({ someForked: isolation === "fork", bootsInstead: 0 });
  });
});
