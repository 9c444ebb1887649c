import { childEnvironment } from "../../../setup/child-environment.js";
import type { Command } from "../command.ts";
import { defineCommand } from "../command.ts";
import { environmentHelp } from "../help.ts";
import { PROGRAMS, type ProgramName } from "../program-files.ts";
import type { Terminal } from "../terminal.ts";

export const gateway = program("gateway", "one gateway, in the foreground", [
  ["gateway", "against MAYFLY_REDIS_URL, on MAYFLY_HOST and MAYFLY_PORT"],
]);

export const worker = program("worker", "one worker, in the foreground", [
  ["worker", "against MAYFLY_REDIS_URL; needs root, or a cgroup that was delegated to it"],
]);

function program(name: ProgramName, summary: string, examples: Command["examples"]): Command {
  return defineCommand({
    name,
    usage: "",
    summary,
    description: `Any number may run, on any number of machines. SIGTERM or Ctrl-C drains it.\n\nEnvironment:\n${environmentHelp()}`,
    arguments: { min: 0, max: 0 },
    options: {},
    examples,
    run: async ({ terminal }) => becomeProgram(name, terminal.env),
  });
}

/** This process becomes the program (execve(2)), so that its signals and its status are the program's own. */
function becomeProgram(name: ProgramName, env: Terminal["env"]): never {
  process.execve?.(process.execPath, [process.execPath, PROGRAMS[name]], definedOnly(childEnvironment(env)));
  throw new Error(`node ${process.version} has no execve`);
}

function definedOnly(env: Terminal["env"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
