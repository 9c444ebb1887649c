#!/usr/bin/env node
// Finds the pinned Node and runs the CLI with it: whatever Node npx was started by cannot read TypeScript.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { childEnvironment, PINNED_NODE } from "../../setup/child-environment.js";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const NO_NODE = 2;

try {
  accessSync(PINNED_NODE, constants.X_OK);
} catch {
  process.stderr.write(
    `The pinned Node is missing (${PINNED_NODE}). Set Mayfly up first: npm start, or npm ci alone for the client commands.\n`,
  );
  process.exit(NO_NODE);
}

const child = spawn(PINNED_NODE, [MAIN, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: childEnvironment(),
});
// Ctrl-C reaches the child by the terminal itself; what is sent to this process alone is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.once("exit", (code, signal) => {
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
});
