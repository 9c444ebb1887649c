import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import type { Manifest } from "@mayfly/contract";
import type { BuildReply, BuildRequest } from "@mayfly/queue";
import { BUNDLE_DIR } from "@mayfly/runtimes";
import { type PackedFile, packFiles, unpackFiles } from "@mayfly/store";
import { withFolder } from "../code/unpack.ts";
import type { WorkerDeps } from "../deps.ts";
import { runtimeKind } from "../run/spec.ts";
import { bundle } from "./bundle.ts";

/** Code that a bundle has taken in. What a package reads while it runs, such as its .wasm or .json, stays. */
const PACKAGE_CODE = /(^|\/)node_modules\/.*\.([cm]?[jt]sx?|map|md)$/;

/** What the bundler makes lies there: neither a file in it nor one in its place is the upload's. */
const isOurs = ({ path }: PackedFile) => path === BUNDLE_DIR || path.startsWith(`${BUNDLE_DIR}/`);

/**
 * Makes the worker's second verb: it turns an upload into the code that is run, and stores that.
 *
 * What is wrong with the upload is in the reply; it rejects for what we fail at.
 */
export function createBuilder(deps: WorkerDeps) {
  return async function build({ upload, manifest }: BuildRequest): Promise<BuildReply> {
    const blob = await deps.store.artifacts.takeTemporary(upload);
    if (blob === null) throw new Error("The upload is not in Redis any more. Deploy again.");
    const files = unpackFiles(blob).filter((file) => !isOurs(file));
    if (!files.some(({ path }) => path === posix.normalize(manifest.entry)))
      return refused(
        `function.json names the entry "${manifest.entry}", and no such file came with the upload.`,
      );
    switch (runtimeKind(manifest)) {
      case "nodejs":
        return await buildNode(deps, files, manifest);
      case "python3":
        return { built: true, artifact: await deps.store.artifacts.put(packFiles(files)), warnings: [] };
      case "exec": {
        const executable = files.map((file) =>
          file.path === posix.normalize(manifest.entry) ? { ...file, mode: 0o755 } : file,
        );
        return {
          built: true,
          artifact: await deps.store.artifacts.put(packFiles(executable)),
          warnings: [],
        };
      }
    }
  };
}

async function buildNode(
  deps: WorkerDeps,
  files: readonly PackedFile[],
  { runtime, entry }: Manifest,
): Promise<BuildReply> {
  const major = Number(runtime.slice("nodejs".length));
  try {
    await deps.nodeVersions.binFolder(major);
  } catch (error) {
    return refused((error as Error).message);
  }
  const tree = `upload-${randomBytes(8).toString("hex")}`;
  await withFolder(deps.scratch, files, (folder) => deps.sandboxes.loadTree(tree, folder), deps.stopping);
  try {
    const made = await bundle(deps, tree, posix.normalize(entry), major);
    if (!made.built) return made;
    const path = `${BUNDLE_DIR}/bundle.${made.format === "cjs" ? "cjs" : "mjs"}`;
    const kept = files.filter((file) => !PACKAGE_CODE.test(file.path));
    const artifact = await deps.store.artifacts.put(
      packFiles([
        ...kept,
        { path, mode: 0o644, bytes: made.code },
        { path: `${path}.map`, mode: 0o644, bytes: made.map },
      ]),
    );
    return { built: true, artifact, warnings: made.warnings };
  } finally {
    await deps.sandboxes.dropTree(tree);
  }
}

function refused(text: string): BuildReply {
  return { built: false, errors: [{ text, file: null, line: null, column: null }] };
}
