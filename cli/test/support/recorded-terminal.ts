import type { Terminal } from "../../src/terminal.ts";

/** A terminal that keeps what it was told. */
export interface RecordedTerminal extends Terminal {
  readonly printed: { out: string; err: string };
}

export function recordedTerminal(given: Partial<Terminal> & { stdin?: string } = {}): RecordedTerminal {
  const printed = { out: "", err: "" };
  return {
    printed,
    out: (text) => {
      printed.out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
    },
    err: (text) => {
      printed.err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    readStdin: async () => given.stdin ?? "",
    env: {},
    cwd: import.meta.dirname,
    stopping: new AbortController().signal,
    hurrying: new AbortController().signal,
    ...given,
  };
}
