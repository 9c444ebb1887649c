import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { type BuildFailure, build, formatMessages, stop } from "esbuild";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { DeployFiles } from "./read-folder.ts";

/** CommonJS packages inside an ES module still call `require` for Node's own modules. */
const REQUIRE = `import { createRequire as mayflyCreateRequire } from "node:module"; const require = mayflyCreateRequire(import.meta.url);`;

/** True for a function of a nodejs runtime whose package.json names dependencies. */
export async function needsNodeModules(
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  if (!String(manifest["runtime"]).startsWith("nodejs")) return false;
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).length > 0;
}

/**
 * One file out of the entry and all it imports, node_modules included: the gateway installs no packages. The source
 * map goes along, so that a stack trace names the user's own lines.
 *
 * @throws Failure `invalidBundle` with esbuild's own words, file and line
 */
export async function bundle(folder: string, entry: string): Promise<{ entry: string; files: DeployFiles }> {
  const outEntry = `${basename(entry, extname(entry))}.mjs`;
  try {
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: [`./${entry}`],
      outfile: outEntry,
      bundle: true,
      write: false,
      platform: "node",
      target: "node20",
      format: "esm",
      banner: { js: REQUIRE },
      sourcemap: "inline",
      keepNames: true,
      logLevel: "silent",
    });
    return { entry: outEntry, files: { [outEntry]: outputFiles[0]?.text ?? "" } };
  } catch (cause) {
    throw await notBundled(folder, cause as BuildFailure);
  }
}

/** Ends the process of esbuild's that bundling leaves behind; it starts again by itself. */
export async function stopBundler(): Promise<void> {
  await stop();
}

async function notBundled(folder: string, failure: BuildFailure): Promise<Failure> {
  if (!Array.isArray(failure.errors)) throw failure;
  const messages = await formatMessages(failure.errors, { kind: "error", color: false });
  const missing = failure.errors.some(({ text }) => text.startsWith("Could not resolve"));
  const remedy = missing ? "\nIf a package is missing, run npm install in the folder." : "";
  return new Failure(
    EXIT.usage,
    "invalidBundle",
    `${folder} does not bundle:\n${messages.join("\n").trim()}${remedy}`,
    {
      facts: { errors: failure.errors.map(({ text, location }) => ({ text, location })) },
      cause: failure,
    },
  );
}
