import { DEFAULT_LIMITS } from "@mayfly/contract";
import { SELF_TESTS } from "@mayfly/runtimes";
import { zygoteTrees } from "../code/runtime-trees.ts";
import type { WorkerConfig } from "../config.ts";
import type { WorkerDeps } from "../deps.ts";
import { memoryClassOf } from "./memory-class.ts";
import { createZygoteOpener } from "./open-zygote.ts";
import { selfTest } from "./self-test.ts";
import { runnerKindOf } from "./zygote-kind.ts";
import { createZygotes, type Zygotes } from "./zygotes.ts";

type ZygoteParts = Pick<
  WorkerDeps,
  "sandboxes" | "fixedTrees" | "nodeVersions" | "checker" | "systemRoot" | "observer" | "log"
>;

/** A worker's zygotes, as its configuration wants them. */
export function startZygotes(config: WorkerConfig, parts: ZygoteParts): Zygotes {
  const { sandboxes, fixedTrees, checker, systemRoot, observer, log } = parts;
  return createZygotes({
    open: createZygoteOpener({
      sandboxes,
      systemRoot,
      tuning: config.zygoteTuning,
      trees: (runtime) => zygoteTrees(parts, runtime),
      async selfTest(zygote, runtime) {
        const kind = runnerKindOf(runtime);
        // It is attached as a function's code is, so that this is tested too.
        const tree = await fixedTrees.load(`self-test-${kind}`, () => SELF_TESTS[kind].folder);
        await selfTest({ sandboxes, checker, tree, kind }, zygote);
      },
    }),
    maxBytes: config.zygoteMemoryBytes,
    maxParked: config.parked,
    maxForks: config.zygoteMaxForks,
    maxAgeMs: config.zygoteMaxAgeMs,
    now: () => performance.now(),
    tell: ({ runtime }, event) => observer.zygote(runtime, event),
    log,
  });
}

/**
 * Opens the zygote that most calls of a small installation want, and proves it, before the worker takes anything: its
 * first call is a copy already, and one that cannot be forked here is known of before it matters.
 */
export async function openUsualZygote(zygotes: Zygotes): Promise<void> {
  const memoryClass = memoryClassOf(DEFAULT_LIMITS.memoryBytes);
  if (memoryClass === "none") return;
  await zygotes.openAhead({ runtime: "nodejs24", memoryClass, tenant: "default" });
}
