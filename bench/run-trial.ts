import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Trial, TrialResult } from "./trial.ts";

const TRIAL = new URL("./trial.ts", import.meta.url).pathname;

/** Beyond what a trial was asked to take: its own start, its warm-up, calls that hang. */
const GRACE_MS = 20_000;

/**
 * Runs one trial in a process of its own, without NODE_EXTRA_CA_CERTS: it doubles the time that node takes to boot.
 *
 * @param around a command that the trial runs under
 * @throws Error with what the trial printed, where it failed
 */
export async function runTrial(trial: Trial, around: readonly string[] = []): Promise<TrialResult> {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const [program = process.execPath, ...args] = [...around, process.execPath, TRIAL, JSON.stringify(trial)];
  const timeout = trial.durationMs + GRACE_MS;
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      env,
      timeout,
      maxBuffer: 64 * 1024 ** 2,
    });
    return JSON.parse(stdout) as TrialResult;
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
