import { commitOf, describeHost } from "./host.ts";
import { measure } from "./measure.ts";
import { HELP, readOptions } from "./options.ts";
import { markdown, type Report, write } from "./report.ts";
import { startMayfly } from "./system.ts";

const REPOSITORY = new URL("..", import.meta.url).pathname;

async function main(): Promise<void> {
  const { settings, subjects, results, help } = readOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const [host, commit] = await Promise.all([describeHost(), commitOf(REPOSITORY)]);
  say("starting Redis, gateway and worker");
  await using system = await startMayfly();
  const measured = await measure(subjects, system, settings, say);
  const report: Report = { date: new Date().toISOString(), commit, host, settings, subjects: measured };
  process.stdout.write(markdown(report));
  for (const path of await write(report, results)) say(`written: ${path}`);
}

await main();
