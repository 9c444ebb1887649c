import { createClient } from "./client.ts";
import type { Command } from "./command.ts";
import { readClientConfig } from "./config.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { groupHelp, helpOf, overview } from "./help.ts";
import { parseCommand } from "./parse-command.ts";
import { line, type Terminal } from "./terminal.ts";

/** One command line from its words to its exit code. */
export async function run(
  commands: readonly Command[],
  words: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    const [first = "--help", second] = words;
    if (isHelp(first) || first === "help") return helpFor(commands, words.slice(1), terminal);
    if (isHelp(second)) return helpFor(commands, [first], terminal);
    const { command, values, args, json, help } = parseCommand(commands, words);
    if (help) return say(terminal, helpOf(command));
    const client = createClient(readClientConfig(terminal.env));
    return await command.run({ values, args, json, terminal, client });
  } catch (error) {
    return tell(error, words.includes("--json"), terminal);
  }
}

const isHelp = (word: string | undefined) => word === "--help" || word === "-h";

function helpFor(commands: readonly Command[], words: readonly string[], terminal: Terminal): ExitCode {
  if (words.length === 0) return say(terminal, overview(commands));
  const group = words.length === 1 ? groupHelp(commands, words[0] ?? "") : null;
  return say(terminal, group ?? helpOf(parseCommand(commands, [...words, "--help"]).command));
}

function say(terminal: Terminal, text: string): ExitCode {
  terminal.out(text);
  return EXIT.ok;
}

/** A refusal is a sentence; only what nobody expected shows its stack. */
function tell(error: unknown, json: boolean, terminal: Terminal): ExitCode {
  if (terminal.stopping.aborted) return EXIT.interrupted;
  if (!(error instanceof Failure)) {
    terminal.err(line(error instanceof Error ? (error.stack ?? error.message) : String(error)));
    return EXIT.mayflyFailed;
  }
  const { code, message, facts, exitCode } = error;
  terminal.err(line(json ? JSON.stringify({ error: { code, message, ...facts } }) : `mayfly: ${message}`));
  return exitCode;
}
