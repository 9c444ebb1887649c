import { text } from "node:stream/consumers";
import type { Terminal } from "./terminal.ts";

/** The terminal of this very process. Its signals only set `stopping`; a command ends when it has put things right. */
export function processTerminal(process: NodeJS.Process): Terminal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
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
  };
}

/** The option by which a starter says that it holds the other end of stdin, and that this is to stop when it lets go. */
const TETHERED = "--tethered";
