import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import {
  type Bundle,
  cancelFrame,
  FrameReader,
  type HttpHeader,
  type InvokeHeader,
  invokeFrame,
  RUNNERS,
  type RunnerFrame,
} from "../protocol/index.ts";

export interface BareRun {
  readonly frames: RunnerFrame[];
  readonly result: unknown;
  readonly error: Extract<RunnerFrame, { type: "error" }> | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface BareOptions {
  readonly runtime?: keyof typeof RUNNERS;
  readonly event?: unknown;
  readonly header?: Partial<InvokeHeader>;
  readonly http?: HttpHeader;
  readonly rawBody?: Uint8Array;
  readonly format?: Bundle["format"];
  readonly nodeArguments?: readonly string[];
  readonly timeoutMs?: number;
  /** Sends a cancel frame when this much time has passed since the handler's call. */
  readonly cancelAfterMs?: number;
}

const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/** Runs a function's code under its runner as a plain process, without any sandbox, and kills it once it answered. */
export async function runBare(code: string, options: BareOptions = {}): Promise<BareRun> {
  const { runtime = "nodejs", format = "cjs", timeoutMs = 5000 } = options;
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bare-"));
  const name = runtime === "python3" ? "main.py" : format === "esm" ? "bundle.mjs" : "bundle.cjs";
  const path = join(folder, name);
  await writeFile(path, code);
  const [command, ...args] =
    runtime === "python3"
      ? ["/usr/bin/python3", "-I", "-S", "-E", join(RUNNERS.python3.folder, "runner.py")]
      : [process.execPath, ...(options.nodeArguments ?? []), join(RUNNERS.nodejs.folder, "runner.cjs")];
  const child = spawn(command ?? "", args, {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const control = child.stdio[3] as Duplex;
  const frames: RunnerFrame[] = [];
  const reader = new FrameReader({
    maxResultBytes: 8 * 1024 ** 2,
    onFrame: (frame) => {
      frames.push(frame);
      if (frame.type === "called" && options.cancelAfterMs !== undefined)
        setTimeout(() => control.write(cancelFrame()), options.cancelAfterMs);
      if (isLast(frame)) child.kill("SIGKILL");
    },
  });
  control.on("data", (chunk: Buffer) => reader.push(chunk));
  control.on("error", () => {});
  const printed = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (printed.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (printed.stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const deadlineUs = nowUs() + timeoutMs * 1000;
  control.write(
    invokeFrame(
      {
        facts: {
          invocationId: "0193a5b0-7c1e-7000-8000-000000000001",
          functionName: "bare",
          functionVersion: "0".repeat(64),
          attempt: 1,
          memoryLimitBytes: 128 * 1024 ** 2,
        },
        http: options.http ?? null,
        job: options.http === undefined ? { id: "1", name: "job", opts: {} } : null,
        secrets: {},
        resultBytes: 6 * 1024 ** 2,
        deadlineUs,
        abortUs: deadlineUs - 50_000,
        bundle: {
          path,
          mapPath: `${path}.map`,
          scriptName: join(folder, "index.ts"),
          sourceRoot: folder,
          format,
        },
        ...options.header,
      },
      JSON.stringify(options.event ?? null),
      options.rawBody ?? null,
    ),
  );
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("close", (code, by) => resolve([code, by]));
  });
  clearTimeout(timer);
  await rm(folder, { recursive: true });
  const result = frames.find((frame) => frame.type === "result");
  return {
    frames,
    result: result === undefined ? undefined : JSON.parse(result.json.toString()),
    error: frames.find((frame) => frame.type === "error") ?? null,
    ...printed,
    exitCode,
    signal,
  };
}

function isLast(frame: RunnerFrame): boolean {
  return (
    (frame.type === "result" && !frame.pending) ||
    frame.type === "settled" ||
    frame.type === "error" ||
    frame.type === "tooLarge"
  );
}
