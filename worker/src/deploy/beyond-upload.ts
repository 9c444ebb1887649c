import { posix } from "node:path";
import type { BuildMessage } from "@mayfly/queue";
import { FUNCTION_DIR } from "@mayfly/runtimes";

/** A file of the bundle in esbuild's analysis: `   ├ ../proc/version    101b    0.2%`, relative to the upload. */
const BEYOND = /^ {3}[├└] (\.\.\/.+?) +\S+ +\S+%$/gm;

/**
 * What a bundle took in from beyond its upload. There is nothing of anybody's, but /proc and /dev of the bundler's
 * sandbox, which the kernel makes: an import of those would be other code in every build.
 *
 * @param printed what esbuild printed under `--analyze`
 */
export function takenFromBeyond(printed: string): BuildMessage[] {
  return [...printed.matchAll(BEYOND)].map(([, path = ""]) => beyondUpload(path));
}

/** @param path relative to the upload */
export function isBeyond(path: string): boolean {
  return path.startsWith("../");
}

/** Names the file, and says nothing of what is in it. */
export function beyondUpload(path: string): BuildMessage {
  const text = `${posix.join(FUNCTION_DIR, path)} is not of the upload: only files of the function's own folder can be imported, or be their source maps. Copy it into the folder.`;
  return { text, file: null, line: null, column: null };
}
