/** Where a command speaks and what it hears: the process's own, or a test's. */
export interface Terminal {
  /** The result: what a script would read. */
  out(text: string | Uint8Array): void;
  /** What is told beside the result. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly columns: number;
  readStdin(): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts at Ctrl-C, SIGTERM, or when the tether to whoever started it is cut. */
  readonly stopping: AbortSignal;
  /** Aborts at the second Ctrl-C: whoever waits for something to finish waits no longer. */
  readonly hurrying: AbortSignal;
}

export const line = (text: string) => `${text}\n`;
