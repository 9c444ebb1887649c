import type { BuildMessage } from "@mayfly/queue";
import type { WorkerDeps } from "../deps.ts";
import { takenFromBeyond } from "./beyond-upload.ts";
import { parseEsbuildMessages } from "./esbuild-messages.ts";
import { type EsbuildRun, endedBadly, runEsbuild } from "./run-esbuild.ts";
import { splitSourceMap } from "./split-source-map.ts";

/** esbuild says so where a module waits at its top level, which a CommonJS module cannot. */
const TOP_LEVEL_AWAIT = /Top-level await is currently not supported with the "cjs" output format/;

/** In an ES module, what a package written as CommonJS still asks for. */
const ESM_BANNER =
  'import { createRequire as __mayfly_createRequire } from "node:module"; const require = __mayfly_createRequire(__mayfly_import_meta.url), __filename = __mayfly_import_meta.filename, __dirname = __mayfly_import_meta.dirname;';

export type Bundled =
  | {
      readonly built: true;
      readonly format: "cjs" | "esm";
      readonly code: Buffer;
      readonly map: Buffer;
      readonly warnings: readonly BuildMessage[];
    }
  | { readonly built: false; readonly errors: readonly BuildMessage[] };

/**
 * Bundles an entry with everything it imports from the upload. CommonJS loads faster and lets packages `require` what
 * they like; only code that waits at its top level becomes an ES module.
 *
 * @param tree the upload, loaded
 * @param major the Node version that will run it
 */
export async function bundle(deps: WorkerDeps, tree: string, entry: string, major: number): Promise<Bundled> {
  // The runner gives this name what `import.meta` would be in the entry, which the bundle is not.
  const options = [`--target=node${major}`, "--define:import.meta=__mayfly_import_meta"];
  const asCommonJs = await runEsbuild(deps, tree, entry, ["--format=cjs", ...options]);
  if (asCommonJs.ok) return bundled("cjs", asCommonJs);
  if (!TOP_LEVEL_AWAIT.test(asCommonJs.messages)) return refused(asCommonJs);
  const asEsModule = await runEsbuild(deps, tree, entry, [
    "--format=esm",
    `--banner:js=${ESM_BANNER}`,
    ...options,
  ]);
  return asEsModule.ok ? bundled("esm", asEsModule) : refused(asEsModule);
}

function bundled(format: "cjs" | "esm", { output, messages }: EsbuildRun): Bundled {
  const { errors, warnings } = parseEsbuildMessages(messages);
  const faults = [...errors, ...takenFromBeyond(messages)];
  if (faults.length > 0) return { built: false, errors: faults };
  return { built: true, format, ...splitSourceMap(output), warnings };
}

function refused({ messages, ending }: EsbuildRun): Bundled {
  const { errors } = parseEsbuildMessages(messages);
  if (errors.length > 0) return { built: false, errors };
  const text = endedBadly(ending) ?? `The bundler failed: ${messages.trim().split("\n")[0] ?? ""}`;
  return { built: false, errors: [{ text, file: null, line: null, column: null }] };
}
