import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type { Pipe } from "@mayfly/sandbox-addon";

/** A stream of Node's where a sandbox would have a pipe: what is tested reads and writes it as one. */
export function asPipe(stream: Duplex): Omit<Pipe, "isRead"> {
  return {
    read: (onData) => {
      stream.on("data", onData);
      return finished(stream, { writable: false });
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    write: (bytes) => void stream.write(bytes),
    end: () => void stream.end(),
    close: () => void stream.destroy(),
  };
}
