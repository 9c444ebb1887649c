import { Socket } from "node:net";
import type { Duplex, Readable, Writable } from "node:stream";
import type { NativeAddon } from "./native.ts";
import type { SandboxSpec } from "./types.ts";

/** Our ends of what the main process has at 0, 1, 2 and 3. */
export interface Descriptors {
  /** For the launcher, in this order. */
  readonly inside: readonly number[];
  open(): {
    readonly stdin: Writable;
    readonly stdout: Readable;
    readonly stderr: Readable;
    readonly control: Duplex | null;
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
  return {
    inside: all.map((ends) => ends.inside),
    open: () => ({
      stdin: toStream(stdin.outside, { readable: false, writable: true }),
      stdout: toStream(stdout.outside, { readable: true, writable: false }),
      stderr: toStream(stderr.outside, { readable: true, writable: false }),
      control: channel === null ? null : toStream(channel.outside, { readable: true, writable: true }),
    }),
    abandon: () => {
      for (const ends of all) native.closeDescriptor(ends.outside);
    },
  };
}

function toStream(fd: number, direction: { readable: boolean; writable: boolean }): Socket {
  const stream = new Socket({ fd, ...direction });
  // A program that closes its end (EPIPE, ECONNRESET) is no failure of ours; how it ended is told by `ended`.
  stream.on("error", () => undefined);
  return stream;
}
