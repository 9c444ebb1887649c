import type { NativeAddon } from "./native.ts";
import type { Pipe } from "./types.ts";

/** A descriptor of ours as a `Pipe`. */
export function openPipe(native: NativeAddon, fd: number): Pipe {
  const pipe = new native.Pipe(fd);
  let isRead = false;
  return {
    get isRead() {
      return isRead;
    },
    read: (onData) => {
      isRead = true;
      return new Promise((resolve) => pipe.read((chunk) => (chunk === null ? resolve() : onData(chunk))));
    },
    pause: () => pipe.pause(),
    resume: () => pipe.resume(),
    write: (bytes) => pipe.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes),
    end: () => pipe.end(),
    close: () => pipe.close(),
  };
}
