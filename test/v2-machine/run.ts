// Runs the sandbox's suites, or any command, on a machine with nothing but cgroup v2. See README.md.
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { REPOSITORY, runInMachine } from "./machine.ts";

/** All that a cgroup has to do with. A system call filter is the same on every host, and its suite is long. */
const SUITES = [
  ...readdirSync(join(REPOSITORY, "sandbox-addon/test"))
    .filter((name) => name.endsWith(".test.ts") && name !== "seccomp.test.ts")
    .map((name) => `sandbox-addon/test/${name}`),
  "test/limits/",
  "test/e2e/isolation.test.ts",
  "test/e2e/outcomes.test.ts",
];

/** A place in the machine's memory. */
const TALLY_IN_MACHINE = "/tmp/v2-machine-tally.json";

interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

const { values, positionals } = parseArgs({
  options: { command: { type: "string" }, "timeout-ms": { type: "string", default: "900000" } },
  allowPositionals: true,
});
const timeoutMs = Number(values["timeout-ms"]);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
}
process.exitCode =
  values.command === undefined
    ? await runSuites(positionals.length === 0 ? SUITES : positionals)
    : await runCommand(values.command);

async function runCommand(command: string): Promise<number> {
  const script = `${environment()}\n${command}`;
  return (await runInMachine({ script, timeoutMs, output: process.stdout, signal: stop.signal })).exitCode;
}

/** @returns the exit status: 0 only where something ran in the machine, and all of it passed */
async function runSuites(vitestArguments: readonly string[]): Promise<number> {
  buildNativeTests();
  const vitest = [
    // Emulated, everything takes ten times as long, and twice that beside other work.
    "node node_modules/.bin/vitest run --project=machine --testTimeout=300000 --hookTimeout=300000",
    "--reporter=default --reporter=./setup/tally-reporter.js",
    ...vitestArguments.map(quoted),
  ].join(" ");
  const { exitCode, result } = await runInMachine({
    script: `${environment()}\nMAYFLY_TALLY_FILE=${TALLY_IN_MACHINE} ${vitest}`,
    resultPath: TALLY_IN_MACHINE,
    timeoutMs,
    output: process.stdout,
    signal: stop.signal,
  });
  const tally: Tally = result === null ? { passed: 0, failed: 1, skipped: [] } : JSON.parse(result);
  const file = process.env["MAYFLY_TALLY_FILE"];
  if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
  for (const { name, reason } of tally.skipped) console.log(`skipped on v2: ${name} (${reason})`);
  console.log(`on cgroup v2: ${tally.passed} passed, ${tally.failed} failed`);
  return exitCode === 0 && tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

/** On this host, where a compiler takes a tenth of the time. */
function buildNativeTests(): void {
  const folder = join(REPOSITORY, "sandbox-addon");
  const sources = readdirSync(join(folder, "native/test")).filter((name) => /^cgroup_\w+\.cc$/.test(name));
  const programs = sources.map((name) => `build/test/${basename(name, ".cc")}`);
  execFileSync("make", ["--silent", "-C", folder, "all", ...programs], { stdio: "inherit" });
}

/** The machine's own environment: nothing of the host's but what tests are told by. */
function environment(): string {
  return [
    `export PATH=${quoted(`${REPOSITORY}/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`)}`,
    "export HOME=/root LANG=C.UTF-8 TMPDIR=/tmp NO_COLOR=1 CI=1",
    // A file system on a drive, for what memory cannot show: page cache, I/O limits.
    "export MAYFLY_TEST_DISK=/mnt/drive MAYFLY_V2_MACHINE=1",
  ].join("\n");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
