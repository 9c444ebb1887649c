import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ClosedLoad, LoadResult } from "./closed-loop.ts";
import type { OpenLoad, OpenResult } from "./open-loop.ts";

/** Beyond what a load was asked to take: its own start, its warm-up, calls that hang. */
const GRACE_MS = 30_000;
/** A minute's latencies at some thousand calls a second. */
const MAX_PRINTED_BYTES = 64 * 1024 ** 2;

/** Calls one after the other in each flight. @param around a command that the process runs under */
export function runClosedLoad(load: ClosedLoad, around: readonly string[] = []): Promise<LoadResult> {
  return run("closed-loop.ts", load, load.durationMs, around);
}

/** Calls at a constant rate, whether or not the earlier ones have been answered. */
export function runOpenLoad(load: OpenLoad): Promise<OpenResult> {
  return run("open-loop.ts", load, load.warmUpMs + load.durationMs, []);
}

/**
 * Runs a load in a process of its own, without NODE_EXTRA_CA_CERTS: it doubles the time that node takes to boot.
 *
 * @throws Error with what the process printed, where it failed
 */
async function run<Result>(
  file: string,
  load: object,
  durationMs: number,
  around: readonly string[],
): Promise<Result> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const script = new URL(file, import.meta.url).pathname;
  const [program = process.execPath, ...args] = [...around, process.execPath, script, JSON.stringify(load)];
  const timeout = durationMs + GRACE_MS;
  try {
    const options = { env, timeout, maxBuffer: MAX_PRINTED_BYTES };
    const { stdout } = await promisify(execFile)(program, args, options);
    return JSON.parse(stdout) as Result;
  } catch (error) {
    const { killed, stderr = "" } = error as { killed?: boolean; stderr?: string };
    const reason = killed ? `it did not end within ${timeout / 1000} s` : reasonIn(stderr);
    throw new Error(reason ?? String(error), { cause: error });
  }
}

/** The line of an uncaught error, out of what node prints around it. */
function reasonIn(stderr: string): string | null {
  return /^(?:\w*Error: )(.*)$/m.exec(stderr)?.[1] ?? null;
}
