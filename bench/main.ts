import { commitOf, describeHost } from "./machine/host.ts";
import { measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { markdown } from "./report/markdown.ts";
import { fillReadme } from "./report/readme.ts";
import type { Report } from "./report/report.ts";
import { write } from "./report/results.ts";
import { Systems } from "./systems.ts";

const REPOSITORY = new URL("..", import.meta.url).pathname;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  switch (options.action) {
    case "help":
      process.stdout.write(HELP);
      return;
    case "readme":
      for (const path of await fillReadme(REPOSITORY)) say(`written: ${path}`);
      return;
    case "measure":
      await run(options);
  }
}

async function run({ trials, settings, results }: Options): Promise<void> {
  const [host, commit] = await Promise.all([describeHost(), commitOf(REPOSITORY)]);
  const startedAt = Date.now();
  await using systems = new Systems();
  endWith(systems);
  const measured = await measure(trials, systems, settings, say);
  const minutes = Math.round((Date.now() - startedAt) / 6000) / 10;
  const date = new Date(startedAt).toISOString();
  const report: Report = { format: 2, date, commit, minutes, host, settings, ...measured };
  process.stdout.write(markdown(report));
  if (results !== null) for (const path of await write(report, results)) say(`written: ${path}`);
}

/** Ctrl-C, and who ends this process, end what it started. */
function endWith(systems: Systems): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      void systems[Symbol.asyncDispose]().finally(() => process.exit(1));
    });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();
