import { text } from "node:stream/consumers";
import { EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** One Ctrl-C arrives more than once, since npm and shells pass it on; only a later one is a second. */
const ONE_CTRL_C_MS = 1000;

/**
 * The terminal of this very process. Its signals only set `stopping`, and the second `hurrying`; a command ends when
 * it has put things right.
 */
export function processTerminal(process: NodeJS.Process): Terminal {
  const stopping = new AbortController();
  const hurrying = new AbortController();
  let firstAt = Number.POSITIVE_INFINITY;
  const stop = () => {
    if (performance.now() - firstAt > ONE_CTRL_C_MS) hurrying.abort();
    firstAt = Math.min(firstAt, performance.now());
    stopping.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // Whoever reads what is printed may go first, as head does.
  process.stdout.on("error", () => process.exit(EXIT.ok));
  if (process.argv.includes(TETHERED)) {
    process.stdin.resume().on("end", () => stopping.abort());
    // Its being open must not keep this process once the command has ended.
    process.stdin.unref();
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 80,
    readStdin: () => text(process.stdin),
    env: process.env,
    cwd: process.cwd(),
    stopping: stopping.signal,
    hurrying: hurrying.signal,
  };
}

/** The option by which a starter says that it holds the other end of stdin, and that this is to stop when it lets go. */
const TETHERED = "--tethered";
