import { createRequire } from "node:module";
import { dirname } from "node:path";
import { DEFAULT_LIMITS, type Limits } from "@mayfly/contract";
import { FUNCTION_DIR } from "@mayfly/runtimes";
import type { Ending, SandboxSpec } from "@mayfly/sandbox-addon";
import type { WorkerDeps } from "../deps.ts";
import { runProgram } from "../run/run-program.ts";

const MIB = 1024 ** 2;
const MAX_OUTPUT_BYTES = 128 * MIB;
/** The analysis has a line for each file of the bundle. It is all read, or the run counts for nothing. */
const MAX_MESSAGE_BYTES = 16 * MIB;

/** The bundler's own walls: it reads what anybody uploads. */
const LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  memoryBytes: 1024 * MIB,
  memorySwapBytes: 1024 * MIB,
  cpuQuotaUs: 200_000,
  pidsLimit: 64,
  tmpfsBytes: MIB,
  timeoutMs: 30_000,
  cpuTimeMs: 30_000,
};

export interface EsbuildRun {
  readonly ok: boolean;
  readonly output: Buffer;
  readonly messages: string;
  readonly ending: Ending;
}

/** One run of esbuild in a sandbox that holds nothing but it and the upload: it follows whatever import it finds. */
export async function runEsbuild(
  deps: WorkerDeps,
  tree: string,
  entry: string,
  options: readonly string[],
): Promise<EsbuildRun> {
  const esbuild = await deps.fixedTrees.load("esbuild", esbuildFolder);
  const spec: SandboxSpec = {
    argv: [
      "/esbuild/esbuild",
      `./${entry}`,
      "--bundle",
      "--platform=node",
      "--sourcemap=inline",
      // A stack trace needs none, and esbuild would read what is missing of it wherever an uploaded map says it lies.
      "--sources-content=false",
      "--analyze",
      "--legal-comments=none",
      "--log-level=warning",
      "--log-limit=20",
      "--color=false",
      // An addon cannot be bundled. Packages that can do without theirs try to load it, and find it missing.
      "--external:*.node",
      ...options,
    ],
    env: { GOMAXPROCS: "2" },
    cwd: FUNCTION_DIR,
    hostname: "bundler",
    root: [
      { kind: "tree", tree: esbuild, target: "/esbuild" },
      { kind: "tree", tree, target: FUNCTION_DIR },
    ],
    limits: LIMITS,
    control: "none",
    seccomp: "exec",
  };
  const { output, messages, ending } = await runProgram(deps, spec, {
    maxOutputBytes: MAX_OUTPUT_BYTES,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  return { ok: ending.exitCode === 0, output, messages: messages.toString("utf8"), ending };
}

/** Why esbuild did not come to its own end; null where it did. */
export function endedBadly({ killedBy, mainOomKilled }: Ending): string | null {
  if (mainOomKilled)
    return `Bundling took more than ${(LIMITS.memoryBytes ?? 0) / MIB} MiB of memory. Upload less.`;
  if (killedBy === "timedOut" || killedBy === "cpuTimeExceeded")
    return `Bundling took more than ${LIMITS.timeoutMs / 1000} s. Upload less, or bundle with the CLI (mayfly deploy).`;
  if (killedBy === "outputTooLarge")
    return `The bundle is over ${MAX_OUTPUT_BYTES / MIB} MiB, or of too many files. Import less of what it needs.`;
  return null;
}

/** The folder of esbuild's static binary, which needs no library and no Node. */
function esbuildFolder(): string {
  const require = createRequire(createRequire(import.meta.url).resolve("esbuild"));
  return dirname(require.resolve(`@esbuild/linux-${process.arch}/bin/esbuild`));
}
