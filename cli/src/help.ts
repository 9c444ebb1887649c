import type { Command, OptionHelps } from "./command.ts";
import { CLIENT_VARIABLES, programVariables } from "./config.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";
import { COMMON_OPTIONS } from "./parse-command.ts";
import { pairs } from "./table.ts";

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");

/** `mayfly --help`: what there is, and the first three commands that a beginner needs. */
export function overview(commands: readonly Command[]): string {
  return [
    "mayfly: every invocation in a process, namespaces and a cgroup of its own.",
    "",
    "  mayfly up                                 Redis, gateway and worker, with the samples deployed",
    "  mayfly deploy ./hello                     deploy a folder that has a function.json",
    `  mayfly invoke hello --data '{"name":"you"}'   call it`,
    "",
    "Commands (each has --help with examples, and --json for machines):",
    indented(pairs(commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trimEnd(), summary]))),
    "",
    "Environment of the commands above:",
    indented(pairs(CLIENT_VARIABLES)),
    "",
    "`mayfly up --help` lists the environment of gateway and worker.",
    "",
    "Exit codes:",
    indented(pairs(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]))),
    "",
  ].join("\n");
}

/** `mayfly secret --help`: the commands whose name begins with this word; null where there is none. */
export function groupHelp(commands: readonly Command[], word: string): string | null {
  const group = commands.filter(({ name }) => name.startsWith(`${word} `));
  if (group.length === 0) return null;
  const rows = group.map(({ name, usage, summary }): [string, string] => [
    `mayfly ${name} ${usage}`.trimEnd(),
    summary,
  ]);
  return `${pairs(rows)}\n\nEach has --help with examples.\n`;
}

/** `mayfly <command> --help`. */
export function helpOf(command: Command): string {
  const { name, usage, summary, description, options, examples } = command;
  const sections = [
    `mayfly ${name} ${usage}`.trimEnd(),
    "",
    description === undefined ? summary : `${summary}\n\n${description}`,
    "",
    "Options:",
    indented(pairs(optionRows({ ...options, ...COMMON_OPTIONS }))),
  ];
  if (examples.length > 0) {
    sections.push("", "Examples:");
    for (const [line, does] of examples) sections.push(`  # ${does}`, `  mayfly ${line}`);
  }
  return `${sections.join("\n")}\n`;
}

/** The environment of gateway and worker, as the help of `up` and CONTRIBUTING.md show it. */
export function environmentHelp(): string {
  return indented(
    pairs(
      programVariables().map(({ name, help, default: fallback }) => [
        name,
        fallback === null ? help : `${help}${help === "" ? "" : "; "}default ${fallback}`,
      ]),
    ),
  );
}

function optionRows(options: OptionHelps): [string, string][] {
  return Object.entries(options).map(([name, { short, type, value = "VALUE", help }]) => [
    `${short === undefined ? "    " : `-${short}, `}--${name}${type === "string" ? ` ${value}` : ""}`,
    help,
  ]);
}
