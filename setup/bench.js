// @ts-check
// npm run bench: makes this machine ready for the peers, too, and measures. Arguments are bench/main.ts's own.
import { bootstrap, runScript } from "./bootstrap.js";
import { PINNED_NODE } from "./child-environment.js";
import { installDispensable } from "./npm-packages.js";
import { createSteps } from "./progress.js";
import { runInTerminal } from "./run-command.js";

await runScript(async () => {
  const step = createSteps();
  await bootstrap("bench", { step });
  await step("workerd", (say) => installDispensable("bench/peers/workerd", say));
  return runInTerminal(PINNED_NODE, ["bench/main.ts", ...process.argv.slice(2)]);
});
