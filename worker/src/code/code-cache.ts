import { posix } from "node:path";
import { DEFAULT_LIMITS } from "@mayfly/contract";
import { BUNDLE_DIR, FUNCTION_DIR, RUNNERS } from "@mayfly/runtimes";
import type { WorkerDeps } from "../deps.ts";
import { functionRoot, NODE_BIN } from "../run/root.ts";
import { runProgram } from "../run/run-program.ts";
import { BASE_ENVIRONMENT, pathOf } from "../run/spec.ts";
import { runtimeTrees } from "./runtime-trees.ts";

/** Beside the bundle. */
export const CODE_CACHE_FILE = `${BUNDLE_DIR}/bundle.cjs.cache`;

const MIB = 1024 ** 2;
/** A compilation may need more memory than the function does, and has a CPU like any of its calls. */
const LIMITS = { ...DEFAULT_LIMITS, memoryBytes: 512 * MIB, memorySwapBytes: 512 * MIB };
const MAX_BYTES = { maxOutputBytes: 64 * MIB, maxMessageBytes: 64 * 1024 };
/** V8 takes what the same V8 has compiled, and that alone. */
export const COMPILED_RUNTIME = "nodejs24";

/** Compiles the bundle of a code tree: it is read by V8, in a sandbox like a call's, and nothing of it runs. */
export type Compile = (tree: string, entry: string) => Promise<Buffer>;

export function createCompiler(
  deps: Pick<WorkerDeps, "sandboxes" | "running" | "fixedTrees" | "nodeVersions" | "systemRoot">,
): Compile {
  return async function compile(tree, entry) {
    const runtime = await runtimeTrees(deps, COMPILED_RUNTIME);
    const { output, messages, ending } = await runProgram(
      deps,
      {
        argv: [
          `${NODE_BIN}/node`,
          RUNNERS.nodejs.compiler,
          posix.join(FUNCTION_DIR, BUNDLE_DIR, "bundle.cjs"),
          posix.join(FUNCTION_DIR, entry),
        ],
        env: { PATH: pathOf("nodejs"), ...BASE_ENVIRONMENT },
        cwd: FUNCTION_DIR,
        hostname: "compiler",
        root: functionRoot(deps.systemRoot, runtime, tree),
        limits: LIMITS,
        control: "none",
        seccomp: "nodejs",
      },
      MAX_BYTES,
    );
    if (ending.exitCode === 0 && output.byteLength > 0) return output;
    const why = ending.killedBy ?? ending.signal ?? `status ${ending.exitCode}`;
    throw new Error(`A bundle was not compiled ahead (${why}): ${messages.toString("utf8").slice(0, 1000)}`);
  };
}
