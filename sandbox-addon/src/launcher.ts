import { type ChildProcess, spawn } from "node:child_process";
import { SandboxError } from "./errors.ts";
import type { Requests } from "./messages.ts";
import { LAUNCHER, type NativeAddon, type NativeConnection, type OnMessage } from "./native.ts";

export interface LauncherEvents {
  readonly onMessage: OnMessage;
  /** The launcher's end of the socket is closed: it has ended, wanted or not. */
  readonly onEnd: () => void;
}

export interface Launcher {
  send<Kind extends keyof Requests>(kind: Kind, message: Requests[Kind], fds?: readonly number[]): void;
  /** Whether an answer is awaited: only then does the launcher keep this process running. */
  awaitAnswers(awaited: boolean): void;
  /** Resolves when the process has ended, and keeps this one running until then. */
  waitForExit(): Promise<void>;
}

/**
 * Starts the launcher program, in a session of its own (a terminal's Ctrl-C is for the worker, which drains first) and
 * with an empty environment (its inits would inherit it).
 */
export function startLauncher(native: NativeAddon, events: LauncherEvents): Launcher {
  const { inside, outside } = native.createSocket();
  let child: ChildProcess;
  try {
    child = spawn(LAUNCHER, [], {
      argv0: "mayfly-launcher",
      cwd: "/",
      env: {},
      detached: true,
      stdio: ["ignore", "ignore", "inherit", inside],
    });
  } catch (cause) {
    native.closeDescriptor(outside);
    throw new SandboxError("openFailed", `The launcher ${LAUNCHER} could not be started.`, { cause });
  } finally {
    native.closeDescriptor(inside);
  }
  child.unref();
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    // The socket's end tells of it, too.
    child.once("error", () => resolve());
  });
  const connection: NativeConnection = new native.Connection(outside, events.onMessage, events.onEnd);
  return {
    send: (kind, message, fds = []) => connection.send(kind, message, fds),
    awaitAnswers: (awaited) => (awaited ? connection.ref() : connection.unref()),
    waitForExit: () => {
      child.ref();
      return exited;
    },
  };
}
