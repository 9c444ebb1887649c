import { COMMANDS } from "../../src/commands/index.ts";
import type { ExitCode } from "../../src/exit-codes.ts";
import { run } from "../../src/run.ts";
import type { Terminal } from "../../src/terminal.ts";
import { recordedTerminal } from "./recorded-terminal.ts";
import { type Canned, type Seen, standInGateway } from "./stand-in-gateway.ts";

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

/** Runs a command against canned answers, and tells what was asked, too. */
export async function against(
  answers: Readonly<Record<string, Canned>>,
  words: readonly string[],
  given: Parameters<typeof mayfly>[1] = {},
): Promise<Ran & { seen: readonly Seen[] }> {
  await using gateway = await standInGateway(answers);
  const env = { MAYFLY_URL: gateway.url, ...given.env };
  return { ...(await mayfly(words, { ...given, env })), seen: gateway.seen };
}
