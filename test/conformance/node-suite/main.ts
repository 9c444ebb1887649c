// Runs Node's own tests in boots and in forks, and says where they differ:
//   MAYFLY_NODE_TESTS=/path/to/node/test node test/conformance/node-suite/main.ts [part of a name]
// With --choose, it writes the list of those that suit a sandbox instead: all that pass in a boot.
// It is no part of the test run, since Node's tests come with its sources alone.
import { readFile, writeFile } from "node:fs/promises";
import { ISOLATIONS, type Isolation } from "@mayfly/contract";
import { type System, startSystem } from "../../support/system.ts";
import { EXPLAINED } from "./differences.ts";
import { runFile, type Verdict } from "./run-file.ts";
import { testFiles, uploadOf } from "./test-tree.ts";

const LIST = new URL("files.txt", import.meta.url);
const IN_FLIGHT = 4;
/** A test that waits for the clock fails now and then on a busy machine; a true difference stays. */
const TRIES = 3;

const isChoosing = process.argv.includes("--choose");
const [part = ""] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const folder = process.env["MAYFLY_NODE_TESTS"];

if (folder === undefined) {
  console.log(
    `MAYFLY_NODE_TESTS is not set, so nothing was run. It names the folder test/ of Node's sources, of a version near ${process.version}.`,
  );
} else {
  await using system = await startSystem();
  const listed = isChoosing ? await testFiles(folder) : (await readFile(LIST, "utf8")).trim().split("\n");
  const files = listed.filter((name) => name.includes(part));
  await deploy(system, folder, files, isChoosing ? ["exec"] : ISOLATIONS);
  if (isChoosing) await choose(system, files);
  else process.exitCode = await compare(system, files);
}

async function deploy(
  { deploy }: System,
  folder: string,
  files: readonly string[],
  isolations: readonly Isolation[],
) {
  const upload = await uploadOf(folder, files);
  for (const isolation of isolations) {
    await deploy(
      {
        name: `node-suite-${isolation}`,
        runtime: "nodejs24",
        entry: "index.cjs",
        isolation,
        limits: { memory: "768m", tmpfsSize: "256m", timeoutMs: 15_000, pidsLimit: 256, cpus: 2 },
      },
      upload,
    );
  }
}

/** @returns the verdict of each file */
async function runAll(system: System, isolation: Isolation, files: readonly string[]) {
  const verdicts = new Map<string, Verdict>();
  const waiting = [...files];
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        verdicts.set(file, await runFile(system, isolation, file));
        if (verdicts.size % 200 === 0) console.error(`${isolation}: ${verdicts.size} of ${files.length}`);
      }
    }),
  );
  return verdicts;
}

async function choose(system: System, files: readonly string[]): Promise<void> {
  const verdicts = await runAll(system, "exec", files);
  const good = files.filter((file) => verdicts.get(file) === "passed");
  await writeFile(LIST, `${good.join("\n")}\n`);
  console.log(`${good.length} of ${files.length} files pass in a boot.`);
}

/** @returns the exit code: 1 where a difference is not explained */
async function compare(system: System, files: readonly string[]): Promise<number> {
  const forks = await runAll(system, "fork", files);
  const boots = await runAll(system, "exec", files);
  const counts = { same: 0, unsteady: 0, explained: 0, unexplained: 0 };
  for (const file of files) {
    const [boot = "", fork = ""] = [boots.get(file), forks.get(file)];
    if (boot === fork) counts.same++;
    else if (await agreesOnceMore(system, file)) counts.unsteady++;
    else {
      const why = EXPLAINED[file];
      counts[why === undefined ? "unexplained" : "explained"]++;
      console.log(`${file}\n  boot: ${boot}\n  fork: ${fork}\n  ${why ?? "NOT EXPLAINED"}`);
    }
  }
  const passed = (verdicts: Map<string, Verdict>) =>
    [...verdicts.values()].filter((verdict) => verdict === "passed").length;
  console.log(`${files.length} files; passed: ${passed(boots)} boots, ${passed(forks)} forks;`, counts);
  return counts.unexplained === 0 ? 0 : 1;
}

async function agreesOnceMore(system: System, file: string): Promise<boolean> {
  for (let i = 1; i < TRIES; i++)
    if ((await runFile(system, "exec", file)) === (await runFile(system, "fork", file))) return true;
  return false;
}
