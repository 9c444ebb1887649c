import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { RUNNERS } from "../protocol/index.ts";
import {
  type BareOptions,
  type BareRun,
  bareCommand,
  converse,
  endedRun,
  writeBundle,
} from "./support/bare-call.ts";

export type { BareOptions, BareRun } from "./support/bare-call.ts";

/** Runs a function's code under its runner as a plain process, without any sandbox, and kills it once it answered. */
export async function runBare(code: string, options: BareOptions = {}): Promise<BareRun> {
  const { runtime = "nodejs", timeoutMs = 5000 } = options;
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bare-"));
  const bundle = await writeBundle(folder, code, options);
  const [command, ...args] = bareCommand(runtime, RUNNERS[runtime].folder, options.nodeArguments);
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const frames = converse(child.stdio[3] as Duplex, bundle, options, () => child.kill("SIGKILL"));
  const printed = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (printed.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (printed.stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("close", (code, by) => resolve([code, by]));
  });
  clearTimeout(timer);
  await rm(folder, { recursive: true });
  return endedRun(frames, { ...printed, exitCode, signal });
}
