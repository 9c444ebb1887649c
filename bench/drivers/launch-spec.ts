import { join } from "node:path";
import { DEFAULT_CEILINGS, type FunctionVersion, parseManifest } from "@mayfly/contract";
import { FUNCTION_DIR, type InvokeHeader, RUNNERS, ZYGOTES } from "@mayfly/runtimes";
import type { Running, Sandboxes } from "@mayfly/sandbox-addon";
import { functionRoot, systemRoot } from "../../worker/src/run/root.ts";
import { bootSpec, forkSpec, processSpec } from "../../worker/src/run/spec.ts";
import { memoryClassOf } from "../../worker/src/zygotes/memory-class.ts";
import { createZygoteOpener } from "../../worker/src/zygotes/open-zygote.ts";
import { MANIFEST_LIMITS } from "../limits.ts";
import { NODE_FOLDER, WORKLOAD } from "../peers/peer.ts";
import type { Isolation } from "./driver.ts";

const ENTRY = "hello.cjs";
const TREES = { node: "node", runner: "runner", zygote: "zygote", code: "code" } as const;

const manifest = parseManifest(
  { name: "bench-launch", runtime: "nodejs24", entry: ENTRY, limits: MANIFEST_LIMITS },
  DEFAULT_CEILINGS,
);

const FUNCTION: FunctionVersion = {
  name: manifest.name,
  version: "0".repeat(64),
  tenant: "bench",
  manifest,
  artifact: "0".repeat(64),
  createdAt: 0,
};

export const LAUNCH_LIMITS = manifest.limits;

type Start = (call: number) => Promise<Running>;

/**
 * Loads what every call needs, as a worker does.
 *
 * @param parked how many copies of the zygote are kept ready
 * @returns what starts the process of the n-th call
 */
export async function prepareStart(
  sandboxes: Sandboxes,
  isolation: Isolation,
  parked: number,
): Promise<Start> {
  await sandboxes.loadTree(TREES.node, NODE_FOLDER);
  await sandboxes.loadTree(TREES.code, WORKLOAD);
  switch (isolation) {
    case "exec":
      return await booting(sandboxes);
    case "fork":
      return await forking(sandboxes, parked);
  }
}

async function booting(sandboxes: Sandboxes): Promise<Start> {
  const { node, runner, code } = TREES;
  await sandboxes.loadTree(runner, RUNNERS.nodejs.folder);
  const root = functionRoot(systemRoot(), { kind: "nodejs", node, runner }, code);
  return (call) => sandboxes.start(bootSpec(processSpec(FUNCTION, `${call}`, {}), manifest, root));
}

async function forking(sandboxes: Sandboxes, parked: number): Promise<Start> {
  const { node, zygote: runner, code } = TREES;
  await sandboxes.loadTree(runner, ZYGOTES.nodejs.folder);
  const open = createZygoteOpener({
    sandboxes,
    systemRoot: systemRoot(),
    tuning: { hugePages: true, compactHeap: true, rehearsedCopies: true },
    trees: async () => ({ kind: "nodejs", node, runner }),
    selfTest: async () => {},
  });
  const memoryClass = memoryClassOf(LAUNCH_LIMITS.memoryBytes);
  if (memoryClass === "none") throw new Error("the limits leave no room for a zygote's heap");
  const { zygote } = await open({ runtime: "nodejs24", memoryClass, tenant: FUNCTION.tenant });
  if (parked > 0) zygote.park(parked);
  return (call) => sandboxes.fork(forkSpec(processSpec(FUNCTION, `${call}`, {}), zygote, code));
}

/** What the runner of the n-th call is told beside its event. */
export function headerOf(call: number): InvokeHeader {
  const nowUs = Number(process.hrtime.bigint() / 1000n);
  const deadlineUs = nowUs + LAUNCH_LIMITS.timeoutMs * 1000;
  const path = join(FUNCTION_DIR, ENTRY);
  return {
    facts: {
      invocationId: `${call}`,
      functionName: FUNCTION.name,
      functionVersion: FUNCTION.version,
      attempt: 1,
      memoryLimitBytes: LAUNCH_LIMITS.memoryBytes ?? 0,
    },
    http: null,
    job: null,
    secrets: {},
    resultBytes: LAUNCH_LIMITS.resultBytes,
    deadlineUs,
    abortUs: deadlineUs,
    bundle: { path, mapPath: "", scriptName: path, sourceRoot: FUNCTION_DIR, format: "cjs" },
  };
}
