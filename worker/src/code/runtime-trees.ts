import type { ZygoteRuntime } from "@mayfly/contract";
import { RUNNERS, ZYGOTES } from "@mayfly/runtimes";
import type { WorkerDeps } from "../deps.ts";
import type { RuntimeTrees } from "../run/root.ts";
import type { FixedTrees } from "./fixed-trees.ts";

type Trees = Pick<WorkerDeps, "fixedTrees" | "nodeVersions">;

/** Loads what a runtime needs beside the function's code; only the first call of each waits for it. */
export async function runtimeTrees(
  { fixedTrees, nodeVersions }: Trees,
  runtime: string,
): Promise<RuntimeTrees> {
  if (runtime === "exec") return { kind: "exec" };
  if (runtime === "python3") return await pythonTrees(fixedTrees, "runner-python3", RUNNERS.python3.folder);
  return await nodeTrees({ fixedTrees, nodeVersions }, runtime, "runner-nodejs", RUNNERS.nodejs.folder);
}

/** The same for a zygote, and so for each of its copies: what they run stands in the place of the runner. */
export async function zygoteTrees(trees: Trees, runtime: ZygoteRuntime): Promise<RuntimeTrees> {
  switch (runtime) {
    case "nodejs24":
      return await nodeTrees(trees, runtime, "zygote-nodejs", ZYGOTES.nodejs.folder);
    case "python3":
      return await pythonTrees(trees.fixedTrees, "zygote-python3", ZYGOTES.python3.folder);
  }
}

async function pythonTrees(fixedTrees: FixedTrees, name: string, folder: string): Promise<RuntimeTrees> {
  return { kind: "python3", runner: await fixedTrees.load(name, () => folder) };
}

async function nodeTrees(
  { fixedTrees, nodeVersions }: Trees,
  runtime: string,
  runnerName: string,
  runnerFolder: string,
): Promise<RuntimeTrees> {
  const major = Number(runtime.slice("nodejs".length));
  const [node, runner] = await Promise.all([
    fixedTrees.load(`node-${major}`, () => nodeVersions.binFolder(major)),
    fixedTrees.load(runnerName, () => runnerFolder),
  ]);
  return { kind: "nodejs", node, runner };
}
