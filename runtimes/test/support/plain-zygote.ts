import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { type RUNNERS, type ZygoteTuning, zygoteEnvironment } from "../../protocol/index.ts";
import { type BareOptions, type BareRun, bareCommand, converse, endedRun, writeBundle } from "./bare-call.ts";

const RUNTIMES = join(import.meta.dirname, "../..");
/** By the Makefile's target: "asan" has Node's alone. */
const BUILDS = { plain: "build/plain", asan: "build/asan/plain" } as const;

export interface PlainZygoteOptions {
  readonly runtime?: keyof typeof RUNNERS;
  readonly nodeArguments?: readonly string[];
  readonly tuning?: Partial<ZygoteTuning>;
  /** More of the environment that the zygote is launched with. */
  readonly env?: Readonly<Record<string, string>>;
  readonly build?: keyof typeof BUILDS;
}

export interface PlainCall extends BareOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A zygote whose copies are plain processes, without any sandbox: see `plain_fork_server.cc`. */
export class PlainZygote {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #ends = new Map<number, (status: number) => void>();
  readonly #forks: ((pid: number) => void)[] = [];
  #calls = 0;

  /** @throws with what it says where it cannot be copied */
  static async open(options: PlainZygoteOptions = {}): Promise<PlainZygote> {
    const { runtime = "nodejs", nodeArguments = [], tuning = {}, env = {}, build = "plain" } = options;
    const source = join(RUNTIMES, runtime);
    execFileSync("make", ["--no-print-directory", "-s", "-C", source, build], { stdio: "inherit" });
    const folder = await mkdtemp(join(tmpdir(), "mayfly-plain-"));
    const [command, ...args] = bareCommand(runtime, join(source, BUILDS[build]), nodeArguments);
    const child = spawn(command, args, {
      env: {
        ...(runtime === "nodejs"
          ? zygoteEnvironment({ hugePages: false, compactHeap: false, ...tuning })
          : {}),
        ...CALL_ENVIRONMENT,
        ...env,
      },
      // Descriptor 4 has to be taken by something.
      stdio: ["ignore", "ignore", "pipe", "pipe", "ignore"],
    });
    const said = createInterface({ input: child.stdio[3] as Duplex });
    let complaint = "";
    child.stderr?.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const first = await Promise.race([once(said, "line"), once(child, "close")]);
    if (first[0] !== "ready") {
      await rm(folder, { recursive: true });
      throw new Error(complaint);
    }
    return new PlainZygote(child, folder, (listener) => said.on("line", listener));
  }

  private constructor(
    child: ChildProcess,
    folder: string,
    onLine: (listener: (line: string) => void) => void,
  ) {
    this.pid = child.pid ?? 0;
    this.#process = child;
    this.#folder = folder;
    onLine((line) => {
      const [word, pid, status] = line.split(" ");
      if (word === "forked") this.#forks.shift()?.(Number(pid));
      else this.#ends.get(Number(pid))?.(Number(status));
    });
  }

  async call(code: string, options: PlainCall = {}): Promise<BareRun> {
    const folder = await mkdtemp(join(this.#folder, `${this.#calls++}-`));
    const bundle = await writeBundle(folder, code, options);
    const path = (name: string) => join(folder, name);
    const server = createServer().listen(path("control"));
    await once(server, "listening");
    const connected = once(server, "connection") as Promise<[Socket]>;
    const pid = await this.#fork(
      [path("control"), path("stdout"), path("stderr"), options.cwd ?? folder],
      options.env,
    );
    const ended = new Promise<number>((resolve) => this.#ends.set(pid, resolve));
    const kill = () => {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself, and the word of it is on its way.
      }
    };
    const timer = setTimeout(kill, options.timeoutMs ?? 5000);
    const [control] = await connected;
    const frames = converse(control, bundle, options, kill);
    const status = await ended;
    clearTimeout(timer);
    if (!control.readableEnded) await once(control, "close");
    server.close();
    const [stdout, stderr] = await Promise.all(
      ["stdout", "stderr"].map((name) => readFile(path(name), "utf8")),
    );
    return endedRun(frames, { stdout: stdout ?? "", stderr: stderr ?? "", ...ending(status) });
  }

  async close(): Promise<void> {
    const ended = once(this.#process, "close");
    this.#process.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true });
  }

  #fork(fields: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
    const variables = Object.entries({ ...CALL_ENVIRONMENT, ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const forked = new Promise<number>((resolve) => this.#forks.push(resolve));
    (this.#process.stdio[3] as Duplex).write(`${[...fields, ...variables].join("\t")}\n`);
    return forked;
  }
}

const CALL_ENVIRONMENT = {
  PATH: "/usr/bin:/bin",
  HOME: "/tmp",
  TMPDIR: tmpdir(),
  LANG: "C.UTF-8",
  TZ: "UTC",
};

/** wait(2) */
function ending(status: number): Pick<BareRun, "exitCode" | "signal"> {
  const by = status & 0x7f;
  if (by === 0) return { exitCode: status >> 8, signal: null };
  const [name] = Object.entries(constants.signals).find(([, number]) => number === by) ?? [];
  return { exitCode: null, signal: (name ?? `signal ${by}`) as NodeJS.Signals };
}
