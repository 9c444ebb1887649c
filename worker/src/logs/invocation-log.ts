import { formatSize, type LogLine } from "@mayfly/contract";
import type { Pipe } from "@mayfly/sandbox-addon";
import { splitLines } from "./split-lines.ts";

const FLUSH_AFTER_MS = 100;
const FLUSH_AT_LINES = 500;
/** A log that was cut is still read, one pipe's content at a time, so that a flood does not keep this process busy. */
const PAUSE_AFTER_CUT_MS = 1;

export interface InvocationLogOptions {
  readonly streams: Readonly<Partial<Record<LogLine["stream"], Pick<Pipe, "read" | "pause" | "resume">>>>;
  /** More is read, so that the function is not held up, and thrown away. */
  readonly maxBytes: number;
  readonly now: () => number;
  /** Keeps lines; a failure is its own to report. Called one at a time, in order. */
  readonly append: (lines: readonly LogLine[], truncated: boolean) => Promise<void>;
}

export interface InvocationLog {
  /** Bytes that the function wrote and that were kept. */
  readonly bytes: number;
  /** Keeps what has been written up to now. */
  flush(): Promise<void>;
  /** Waits for both streams' end, and keeps the rest. */
  finish(): Promise<void>;
}

/** Turns what a function prints into its log: lines with their time, kept in batches while it runs, cut at a limit. */
export function collectLog({ streams, maxBytes, now, append }: InvocationLogOptions): InvocationLog {
  let waiting: LogLine[] = [];
  let bytes = 0;
  let truncated = false;
  let kept: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) {
      const lines = waiting;
      waiting = [];
      kept = kept.then(() => append(lines, truncated));
    }
    return kept;
  };
  const onLine = (line: LogLine) => {
    waiting.push(line);
    if (waiting.length >= FLUSH_AT_LINES) void flush();
    else timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS);
  };
  const open = Object.entries(streams).map(([name, stream]) => {
    const splitter = splitLines(name as LogLine["stream"], now, onLine);
    const ended = stream.read((chunk) => {
      if (truncated) {
        stream.pause();
        setTimeout(() => stream.resume(), PAUSE_AFTER_CUT_MS);
        return;
      }
      const room = maxBytes - bytes;
      splitter.push(chunk.length <= room ? chunk : chunk.subarray(0, room));
      bytes += Math.min(chunk.length, room);
      if (chunk.length <= room) return;
      truncated = true;
      splitter.end();
      const text = `… the log was cut at its limit of ${formatSize(maxBytes)} (limits.logBytes)`;
      onLine({ time: now(), stream: name as LogLine["stream"], text });
    });
    return ended.then(() => splitter.end());
  });

  return {
    get bytes() {
      return bytes;
    },
    flush,
    async finish() {
      await Promise.all(open);
      await flush();
    },
  };
}
