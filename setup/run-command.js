// @ts-check
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { childEnvironment, REPOSITORY } from "./child-environment.js";

const LINES_KEPT = 200;

/** A command that ended with another status than 0; the message holds the last it printed. */
export class CommandFailed extends Error {
  /** @override */
  name = "CommandFailed";

  /** @param {string} command @param {number | string} status @param {string[]} lastLines */
  constructor(command, status, lastLines) {
    super([`"${command}" ended with ${status}.`, ...lastLines].join("\n    "));
    this.status = status;
  }
}

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, onLine?: (line: string) => void }} [options] `onLine` gets every
 *   line of both streams as it comes
 * @returns {Promise<string>} what it wrote to stdout
 */
export async function runCommand(command, args, options = {}) {
  const { env = childEnvironment(), cwd = REPOSITORY, onLine = () => {} } = options;
  const child = spawn(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  /** @type {string[]} */
  const stdout = [];
  /** @type {string[]} */
  const lastLines = [];
  const take = (/** @type {string} */ line) => {
    lastLines.push(line);
    if (lastLines.length > LINES_KEPT) lastLines.shift();
    onLine(line);
  };
  createInterface(child.stdout).on("line", (line) => {
    stdout.push(line);
    take(line);
  });
  createInterface(child.stderr).on("line", take);
  const status = await ended(child);
  if (status !== 0) throw new CommandFailed([command, ...args].join(" "), status, lastLines);
  return stdout.join("\n");
}

/**
 * Runs a command with this terminal as its own.
 *
 * @param {string} command @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit status; 1 where a signal ended it
 */
export async function runInTerminal(command, args, env = childEnvironment()) {
  const status = await ended(spawn(command, args, { env, cwd: REPOSITORY, stdio: "inherit" }));
  return typeof status === "number" ? status : 1;
}

/** @param {import("node:child_process").ChildProcess} child @returns {Promise<number | string>} */
function ended(child) {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? 1));
  });
}
