import type { ParseArgsOptionDescriptor } from "node:util";
import type { Client } from "./client.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export interface OptionHelp extends ParseArgsOptionDescriptor {
  /** What stands for the value in the help, such as `FILE`. */
  readonly value?: string;
  readonly help: string;
}

export type OptionHelps = Readonly<Record<string, OptionHelp>>;

/** What `util.parseArgs` makes of the options of a command. */
export type Values<Options extends OptionHelps> = {
  [Name in keyof Options]?: Options[Name] extends { multiple: true }
    ? (Options[Name] extends { type: "boolean" } ? boolean : string)[]
    : Options[Name] extends { type: "boolean" }
      ? boolean
      : string;
};

export interface CommandInput<Options extends OptionHelps> {
  readonly values: Values<Options>;
  readonly args: readonly string[];
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly client: Client;
}

export interface Command<Options extends OptionHelps = OptionHelps> {
  /** One word or two: `deploy`, `secret set`. */
  readonly name: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** How many arguments without a dash it takes. */
  readonly arguments: { readonly min: number; readonly max: number };
  readonly options: Options;
  readonly description?: string;
  /** A command line without `mayfly`, and what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  run(input: CommandInput<Options>): Promise<ExitCode>;
}

/** Keeps the types of a command's own options for its `run`, and forgets them outside. */
export function defineCommand<const Options extends OptionHelps>(command: Command<Options>): Command {
  return command as unknown as Command;
}
