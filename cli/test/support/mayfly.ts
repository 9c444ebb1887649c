import { COMMANDS } from "../../src/commands/index.ts";
import type { ExitCode } from "../../src/exit-codes.ts";
import { run } from "../../src/run.ts";
import type { Terminal } from "../../src/terminal.ts";
import { recordedTerminal } from "./recorded-terminal.ts";

export interface Ran {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** `mayfly <words>` in this very process. */
export async function mayfly(
  words: readonly string[],
  given: Partial<Terminal> & { stdin?: string } = {},
): Promise<Ran> {
  const terminal = recordedTerminal(given);
  const exitCode = await run(COMMANDS, words, terminal);
  return { exitCode, ...terminal.printed };
}
