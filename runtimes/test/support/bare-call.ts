import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
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
} from "../../protocol/index.ts";

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
  /** The bundle has a code cache beside it: its own, or what is none. */
  readonly cache?: "compiled" | "broken";
  /** Sends a cancel frame when this much time has passed since the handler's call. */
  readonly cancelAfterMs?: number;
}

const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/** What starts a runner that lies in a folder of this machine, or the zygote that stands in its place. */
export function bareCommand(
  runtime: keyof typeof RUNNERS,
  folder: string,
  nodeArguments: readonly string[] = [],
): [command: string, ...args: string[]] {
  const main = join(folder, basename(RUNNERS[runtime].main));
  if (runtime === "python3") return ["/usr/bin/python3", "-I", "-S", "-E", "-u", main];
  return [process.execPath, ...nodeArguments, main];
}

/** Writes the code where the runner will read it. */
export async function writeBundle(folder: string, code: string, options: BareOptions): Promise<Bundle> {
  const { runtime = "nodejs", format = "cjs" } = options;
  const name = runtime === "python3" ? "main.py" : format === "esm" ? "bundle.mjs" : "bundle.cjs";
  const path = join(folder, name);
  await writeFile(path, code);
  const scriptName = join(folder, "index.ts");
  const bundle = { path, mapPath: `${path}.map`, scriptName, sourceRoot: folder, format };
  if (options.cache === undefined) return bundle;
  const cachePath = `${path}.cache`;
  await writeFile(cachePath, options.cache === "compiled" ? compile(path, scriptName) : "none");
  return { ...bundle, cachePath };
}

/** As the worker does, in a process of its own. */
export function compile(path: string, scriptName: string): Buffer {
  return execFileSync(process.execPath, [join(RUNNERS.nodejs.folder, "compile.cjs"), path, scriptName], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Says over the control channel what the worker says, and collects the answers. `end` is called after the last one. */
export function converse(
  control: Duplex,
  bundle: Bundle,
  options: BareOptions,
  end: () => void,
): RunnerFrame[] {
  const frames: RunnerFrame[] = [];
  const reader = new FrameReader({
    maxResultBytes: 8 * 1024 ** 2,
    onFrame: (frame) => {
      frames.push(frame);
      if (frame.type === "called" && options.cancelAfterMs !== undefined)
        setTimeout(() => control.write(cancelFrame()), options.cancelAfterMs);
      if (isLast(frame)) end();
    },
  });
  control.on("data", (chunk: Buffer) => reader.push(chunk));
  control.on("error", () => {});
  control.write(
    invokeFrame(
      invokeHeader(bundle, options),
      JSON.stringify(options.event ?? null),
      options.rawBody ?? null,
    ),
  );
  return frames;
}

function invokeHeader(bundle: Bundle, { http, timeoutMs = 5000, header }: BareOptions): InvokeHeader {
  const deadlineUs = nowUs() + timeoutMs * 1000;
  return {
    facts: {
      invocationId: "0193a5b0-7c1e-7000-8000-000000000001",
      functionName: "bare",
      functionVersion: "0".repeat(64),
      attempt: 1,
      memoryLimitBytes: 128 * 1024 ** 2,
    },
    http: http ?? null,
    job: http === undefined ? { id: "1", name: "job", opts: {} } : null,
    secrets: {},
    resultBytes: 6 * 1024 ** 2,
    deadlineUs,
    abortUs: deadlineUs - 50_000,
    bundle,
    ...header,
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

export function endedRun(
  frames: RunnerFrame[],
  end: Pick<BareRun, "stdout" | "stderr" | "exitCode" | "signal">,
): BareRun {
  const result = frames.find((frame) => frame.type === "result");
  return {
    frames,
    result: result === undefined ? undefined : JSON.parse(result.json.toString()),
    error: frames.find((frame) => frame.type === "error") ?? null,
    ...end,
  };
}
