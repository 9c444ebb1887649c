import { parseArgs } from "node:util";
import { nearestOf } from "@mayfly/contract";
import type { Command, OptionHelps, Values } from "./command.ts";
import { usageFailure } from "./failure.ts";

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: { type: "boolean", help: "print JSON, for machines" },
  help: { type: "boolean", short: "h", help: "print this" },
} as const satisfies OptionHelps;

export interface ParsedCommand {
  readonly command: Command;
  readonly values: Values<OptionHelps>;
  readonly args: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

/** The command that the first one or two words name, and the words behind it; null where they name none. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { command: Command; rest: readonly string[] } | null {
  for (const count of [2, 1]) {
    const command = commands.find(({ name }) => name === words.slice(0, count).join(" "));
    if (command !== undefined) return { command, rest: words.slice(count) };
  }
  return null;
}

/** @throws Failure `usage` that says what was not understood, and what is nearest to it */
export function parseCommand(commands: readonly Command[], words: readonly string[]): ParsedCommand {
  const found = findCommand(commands, words);
  if (found === null) throw unknownCommand(commands, words);
  const { command, rest } = found;
  const options = { ...command.options, ...COMMON_OPTIONS };
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true });
    const { json = false, help = false, ...own } = values as Values<typeof COMMON_OPTIONS>;
    if (!help) checkCount(command, positionals);
    return { command, values: own, args: positionals, json, help };
  } catch (error) {
    throw explain(error, command, Object.keys(options));
  }
}

function checkCount({ name, usage, arguments: { min, max } }: Command, args: readonly string[]): void {
  if (args.length < min) throw usageFailure(`"mayfly ${name}" needs more: mayfly ${name} ${usage}`);
  if (args.length > max)
    throw usageFailure(`"${args[max]}" is one word too many: mayfly ${name} ${usage}`.trimEnd());
}

function unknownCommand(commands: readonly Command[], words: readonly string[]): Error {
  const [word = ""] = words;
  const below = commands.filter(({ name }) => name.startsWith(`${word} `)).map(({ name }) => name);
  if (below.length > 0) return usageFailure(`"${word}" needs one word more: ${below.join(", ")}.`);
  const near = nearestOf(
    word,
    commands.map(({ name }) => name),
  );
  const hint = near === null ? "`mayfly --help` lists the commands." : `Did you mean "${near}"?`;
  return usageFailure(`There is no command "${word}". ${hint}`);
}

function explain(error: unknown, { name }: Command, options: readonly string[]): unknown {
  const { code, message = "" } = error as { code?: string; message?: string };
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const given = /'(-{1,2})([^'\s=]+)/.exec(message);
    const near = nearestOf(given?.[2] ?? "", options);
    const hint = near === null ? `\`mayfly ${name} --help\` lists them.` : `Did you mean --${near}?`;
    return usageFailure(`"mayfly ${name}" has no option ${given?.[1] ?? ""}${given?.[2] ?? ""}. ${hint}`);
  }
  if (code?.startsWith("ERR_PARSE_ARGS") === true)
    return usageFailure(`mayfly ${name}: ${message.split("\n")[0]}`);
  return error;
}
