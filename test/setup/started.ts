import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { hostPath, REPOSITORY } from "../../setup/child-environment.js";
import type { RunRecord } from "../../setup/earlier-run.js";
import { freePort } from "../support/free-port.ts";
import { tracesOf } from "../support/traces.ts";

/** A place of a test's own for `npm start`: ports, data folder, temporary folder and cgroups that nobody shares. */
export interface Place extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** `npm start -- <args>`, as the leader of a process group, as a shell would start it. */
  start(...args: string[]): Started;
  record(): Promise<RunRecord>;
  redisPid(): Promise<number>;
  /** Everything of a run that is still there; nothing should be. */
  leftovers(): Promise<string[]>;
}

export interface Started {
  readonly process: ChildProcess;
  output(): string;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Milliseconds until its output has this. */
  until(text: string): Promise<number>;
  /** What Ctrl-C does: SIGINT to the whole group. */
  interrupt(): void;
}

export async function ownPlace(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), "mayfly-start-"));
  const dataDir = join(home, "data");
  const temporary = join(home, "tmp");
  await mkdir(temporary);
  const [port, metricsPort] = [await freePort(), await freePort()];
  const cgroupParent = `mayfly-start-${process.pid}-${port}`;
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    // A user's shell: npm and the host's Node.
    PATH: hostPath().join(delimiter),
    MAYFLY_PORT: String(port),
    MAYFLY_WORKER_METRICS_PORT: String(metricsPort),
    MAYFLY_DATA_DIR: dataDir,
    MAYFLY_CGROUP_PARENT: cgroupParent,
    TMPDIR: temporary,
  };
  const started: Started[] = [];
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    start(...args) {
      const one = launch(args, env);
      started.push(one);
      return one;
    },
    async record() {
      return JSON.parse(await readFile(join(dataDir, "up.json"), "utf8")) as RunRecord;
    },
    async redisPid() {
      return Number(await readFile(join(dataDir, "redis/redis.pid"), "utf8"));
    },
    async leftovers() {
      const { cgroups } = await tracesOf(cgroupParent);
      const mounts = (await readFile("/proc/self/mountinfo", "utf8"))
        .split("\n")
        .filter((line) => line.includes(home));
      const files = (await readdir(temporary)).filter((name) => /mayfly|redis/.test(name));
      return [...(await processesOf(dataDir)), ...cgroups, ...mounts, ...files];
    },
    async [Symbol.asyncDispose]() {
      for (const one of started) {
        if (one.process.exitCode === null && one.process.signalCode === null) one.interrupt();
        await one.ended;
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}

function launch(args: string[], env: NodeJS.ProcessEnv): Started {
  const child = spawn("npm", ["start", "--silent", "--", ...args], {
    cwd: REPOSITORY,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const startedAt = performance.now();
  let printed = "";
  const ended = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?")),
  );
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  return {
    process: child,
    output: () => printed,
    ended,
    interrupt: () => process.kill(-(child.pid ?? 0), "SIGINT"),
    async until(text) {
      while (!printed.includes(text)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`npm start ended before it said "${text}":\n${printed}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return performance.now() - startedAt;
    },
  };
}

/** Processes that were given this data folder, or work in it. */
async function processesOf(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    // A process may end between the listing and the look.
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    if (!environment.includes(`MAYFLY_DATA_DIR=${dataDir}`) && !cwd.startsWith(dataDir)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    found.push(`${pid} ${command.replaceAll("\0", " ")}`);
  }
  return found;
}
