import { COMMANDS } from "./commands/index.ts";
import { processTerminal } from "./process-terminal.ts";
import { run } from "./run.ts";

process.exitCode = await run(COMMANDS, process.argv.slice(2), processTerminal(process));
