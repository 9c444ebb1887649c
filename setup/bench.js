// @ts-check
// npm run bench: makes this machine ready for the peers, too, and measures. Arguments are bench/main.ts's own.
import { bootstrap, runScript } from "./bootstrap.js";
import { PINNED_NODE } from "./child-environment.js";
import { runInTerminal } from "./run-command.js";

await runScript(async () => {
  await bootstrap("bench");
  return runInTerminal(PINNED_NODE, ["bench/main.ts", ...process.argv.slice(2)]);
});
