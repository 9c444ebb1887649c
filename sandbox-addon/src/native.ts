import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { SandboxError } from "./errors.ts";
import type { Answers, Requests } from "./messages.ts";
import type { FilterProfile } from "./profiles.ts";

/** Two descriptors that belong together; `inside` is for the launcher. */
export interface Ends {
  readonly inside: number;
  readonly outside: number;
}

/** native/binding/connection.h */
export interface NativeConnection {
  /** Takes the descriptors over: they are closed here, whether or not the message arrives. */
  send<Kind extends keyof Requests>(kind: Kind, message: Requests[Kind], fds: readonly number[]): void;
  ref(): void;
  unref(): void;
  close(): void;
}

/** native/binding/pipe.h */
export interface NativePipe {
  read(onData: (chunk: Buffer | null) => void): void;
  pause(): void;
  resume(): void;
  write(bytes: Buffer): void;
  end(): void;
  close(): void;
}

export type OnMessage = <Kind extends keyof Answers>(kind: Kind, message: Answers[Kind]) => void;

/** native/binding/addon.cc */
export interface NativeAddon {
  readonly Connection: new (fd: number, onMessage: OnMessage, onEnd: () => void) => NativeConnection;
  /** Takes our end of a pipe or channel over. */
  readonly Pipe: new (
    fd: number,
  ) => NativePipe;
  createSocket(): Ends;
  createPipe(direction: "toSandbox" | "fromSandbox"): Ends;
  createChannel(): Ends;
  closeDescriptor(fd: number): void;
  compileFilter(profile: FilterProfile): Buffer;
}

const BUILD = new URL("../build/", import.meta.url);
const ADDON = fileURLToPath(new URL("sandbox.node", BUILD));
export const LAUNCHER = fileURLToPath(new URL("launcher", BUILD));

let loaded: NativeAddon | undefined;

/**
 * Loads the addon, once.
 *
 * @throws SandboxError `notBuilt`, with every reason that is known and the command that mends it
 */
export function loadNative(): NativeAddon {
  loaded ??= load();
  return loaded;
}

function load(): NativeAddon {
  const missing = [ADDON, LAUNCHER].filter((path) => !existsSync(path));
  if (process.platform !== "linux") {
    throw new SandboxError("notBuilt", `Sandboxes need Linux, and this is ${process.platform}.`);
  }
  if (missing.length > 0) {
    throw new SandboxError("notBuilt", `The native part is not built: ${missing.join(" and ")} missing.`, {
      remedy: 'Run "npm run build" (it needs g++, make and libseccomp-dev).',
    });
  }
  try {
    return createRequire(import.meta.url)(ADDON) as NativeAddon;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SandboxError("notBuilt", `${ADDON} does not load: ${reason}.`, {
      remedy: remedyFor(reason),
      cause,
    });
  }
}

function remedyFor(reason: string): string {
  if (reason.includes("libseccomp")) return "Install libseccomp (Debian: apt-get install libseccomp2).";
  if (/GLIBC|GLIBCXX|invalid ELF|wrong ELF/.test(reason)) {
    return 'It was built on another machine: run "make clean" and "make" in sandbox-addon.';
  }
  return `This is Node ${process.version}; build anew with "make" in sandbox-addon.`;
}
