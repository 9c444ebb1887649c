import { readFile } from "node:fs/promises";
import type { ZygoteRuntime } from "@mayfly/contract";
import { type ZygoteTuning, zygoteEnvironment } from "@mayfly/runtimes";
import type { RootStep, Sandboxes, Zygote, ZygoteSpec } from "@mayfly/sandbox-addon";
import { type RuntimeTrees, zygoteRoot } from "../run/root.ts";
import { BASE_ENVIRONMENT, pathOf, runnerArgv } from "../run/spec.ts";
import type { Opened } from "./succession.ts";
import { runnerKindOf, type ZygoteKind } from "./zygote-kind.ts";

/** Taken for one whose memory could not be read. */
const USUAL_BYTES = 90 * 1024 ** 2;

export interface OpenZygoteDeps {
  readonly sandboxes: Pick<Sandboxes, "openZygote">;
  readonly systemRoot: readonly RootStep[];
  readonly tuning: ZygoteTuning;
  readonly trees: (runtime: ZygoteRuntime) => Promise<RuntimeTrees>;
  /** Rejects with what a copy cannot do. */
  readonly selfTest: (zygote: Zygote, runtime: ZygoteRuntime) => Promise<void>;
}

/**
 * Makes what starts a zygote and proves it. What a new version may break, it breaks in all of its zygotes: the first of a
 * runtime is tested, and those after it are only started.
 */
export function createZygoteOpener(deps: OpenZygoteDeps) {
  const proved = new Set<ZygoteRuntime>();
  return async function open(kind: ZygoteKind): Promise<Opened> {
    const spec = zygoteSpec(kind, deps, await deps.trees(kind.runtime));
    const zygote = await deps.sandboxes.openZygote(spec);
    try {
      const bytes = await memoryOf(zygote.pid);
      if (!proved.has(kind.runtime)) await deps.selfTest(zygote, kind.runtime);
      proved.add(kind.runtime);
      return { zygote, bytes };
    } catch (error) {
      zygote.close();
      throw error;
    }
  };
}

/** Its arguments are those of a boot, since its copies show them as theirs. */
function zygoteSpec(
  { runtime, memoryClass }: ZygoteKind,
  { systemRoot, tuning }: OpenZygoteDeps,
  trees: RuntimeTrees,
): ZygoteSpec {
  const kind = runnerKindOf(runtime);
  const ofRuntime = kind === "nodejs" ? zygoteEnvironment(tuning) : {};
  return {
    argv: runnerArgv(kind, memoryClass),
    env: { PATH: pathOf(kind), ...BASE_ENVIRONMENT, ...ofRuntime },
    root: zygoteRoot(systemRoot, trees),
    seccomp: kind,
  };
}

/** What it holds alone, and its share of what others map too, while it has no copies yet. */
async function memoryOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const kib = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  return kib === undefined ? USUAL_BYTES : Number(kib) * 1024;
}
