import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { childEnvironment } from "../../../setup/child-environment.js";
import { PROGRAMS, type ProgramName, REPOSITORY } from "../program-files.ts";
import { readableLogLine } from "./log-line.ts";

const SETPRIV = "/usr/bin/setpriv";
const LINES_KEPT = 20;
/** Beyond its own drain: a part that ignores SIGTERM for this long has hung. */
const STOP_MARGIN_MS = 10_000;

/** One living process of ours. */
export interface Instance {
  readonly pid: number;
  /** Resolves with the reason once it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<string>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** One of the two programs. */
export interface LaunchedProgram extends Instance {
  /** The last lines that it logged. */
  said(): string;
}

export interface LaunchOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly drainMs: number;
  /** Kills it instead of waiting for its drain; the launcher of a killed worker cleans up by itself. */
  readonly hurrying: AbortSignal;
  /** Gets each line that it logs, made readable. */
  readonly log: (line: string) => void;
}

/**
 * Starts a gateway or a worker in a session of its own, so that Ctrl-C reaches `up` alone, which then stops the parts
 * in order. Where `up` itself is killed the kernel sends the part SIGTERM (prctl(2), PR_SET_PDEATHSIG).
 */
export function launchProgram(
  name: ProgramName,
  { env, drainMs, hurrying, log }: LaunchOptions,
): LaunchedProgram {
  const command = [process.execPath, PROGRAMS[name]];
  const [file = process.execPath, ...args] = existsSync(SETPRIV)
    ? [SETPRIV, "--pdeathsig", "TERM", ...command]
    : command;
  const child = spawn(file, args, {
    cwd: REPOSITORY,
    env: childEnvironment(env),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (text) => {
      const readable = readableLogLine(text);
      last.push(readable);
      if (last.length > LINES_KEPT) last.shift();
      log(readable);
    });
  }
  hurrying.addEventListener("abort", () => child.kill("SIGKILL"));
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(signal ?? `status ${code}`));
  });
  return {
    pid: child.pid ?? -1,
    exited,
    said: () => last.join("\n"),
    async stop() {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), drainMs + STOP_MARGIN_MS);
      await exited;
      clearTimeout(force);
    },
  };
}
