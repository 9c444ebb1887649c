// @ts-check
import { spawn } from "node:child_process";
import { join } from "node:path";
import { cgroupHomes, tryCgroup } from "./cgroups.js";
import { childEnvironment, PINNED_NODE, REPOSITORY } from "./child-environment.js";

/**
 * Runs `mayfly up` to its end. Its stdin is a tether: when this process goes, by whatever signal, the pipe closes
 * and `up` drains. A pipe reaches a process behind sudo too, which a signal does not.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status
 */
export async function runUp(args) {
  const command = [
    ...asRootWhereNeeded(),
    PINNED_NODE,
    join(REPOSITORY, "cli/src/main.ts"),
    "up",
    "--tethered",
    ...args,
  ];
  const child = spawn(command[0] ?? PINNED_NODE, command.slice(1), {
    cwd: REPOSITORY,
    env: childEnvironment(),
    stdio: ["pipe", "inherit", "inherit"],
  });
  const letGo = () => child.stdin?.end();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, letGo);
  child.stdin?.on("error", () => {});
  return new Promise((resolve) => {
    child.once("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once("exit", (code, signal) => {
      if (signal !== null)
        process.stderr.write(`mayfly up was ended by ${signal}; the next start cleans up.\n`);
      resolve(code ?? 1);
    });
  });
}

/** A worker needs root, or a cgroup that was delegated to it. */
function asRootWhereNeeded() {
  const mayMakeCgroups = cgroupHomes().every((home) => tryCgroup(home) === null);
  if (process.getuid?.() === 0 || mayMakeCgroups) return [];
  const settings = Object.keys(process.env).filter((name) => name.startsWith("MAYFLY_"));
  // By name: the values (keys are among them) would be everybody's to read in the arguments.
  return ["sudo", ...(settings.length > 0 ? [`--preserve-env=${settings.join(",")}`] : [])];
}
