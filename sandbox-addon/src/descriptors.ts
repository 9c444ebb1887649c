import type { NativeAddon } from "./native.ts";
import { openPipe } from "./pipe.ts";
import type { Pipe, SandboxSpec } from "./types.ts";

/** Our ends of what the main process has at 0, 1, 2 and 3. */
export interface Descriptors {
  /** For the launcher, in this order. */
  readonly inside: readonly number[];
  readonly outside: {
    readonly stdin: Pipe;
    readonly stdout: Pipe;
    readonly stderr: Pipe;
    readonly control: Pipe | null;
  };
  /** Where nothing was started with them. */
  abandon(): void;
}

export function createDescriptors(native: NativeAddon, control: SandboxSpec["control"]): Descriptors {
  const stdin = native.createPipe("toSandbox");
  const stdout = native.createPipe("fromSandbox");
  const stderr = native.createPipe("fromSandbox");
  const channel = control === "channel" ? native.createChannel() : null;
  const all = [stdin, stdout, stderr, ...(channel === null ? [] : [channel])];
  const outside = {
    stdin: openPipe(native, stdin.outside),
    stdout: openPipe(native, stdout.outside),
    stderr: openPipe(native, stderr.outside),
    control: channel === null ? null : openPipe(native, channel.outside),
  };
  return {
    inside: all.map((ends) => ends.inside),
    outside,
    abandon: () => {
      for (const pipe of Object.values(outside)) pipe?.close();
    },
  };
}
