import type { BuildMessage } from "@mayfly/queue";
import { beyondUpload, isBeyond } from "./beyond-upload.ts";

/** What esbuild prints before each message, and `file:line:column:` before the excerpt. */
const HEADING = /^(?:✘ \[ERROR\]|▲ \[WARNING\]) (.*)$/;
const PLACE = /^ {4}(.+?):(\d+):(\d+):$/;
const UNRESOLVED = /^Could not resolve "(.+)"$/;

export interface EsbuildMessages {
  /** Whatever is said of a file beyond the upload is among them, without a word of what it holds. */
  readonly errors: readonly BuildMessage[];
  readonly warnings: readonly BuildMessage[];
}

/**
 * Reads the messages of esbuild's command line, which has no machine's format. Its columns count from 0; ours from 1.
 */
export function parseEsbuildMessages(text: string): EsbuildMessages {
  const errors: BuildMessage[] = [];
  const warnings: BuildMessage[] = [];
  const lines = text.split("\n");
  lines.forEach((line, at) => {
    const heading = HEADING.exec(line);
    if (heading?.[1] === undefined) return;
    const list = line.startsWith("✘") ? errors : warnings;
    const place = PLACE.exec(lines[at + 1] === "" ? (lines[at + 2] ?? "") : "");
    if (place?.[1] !== undefined && isBeyond(place[1])) {
      errors.push(beyondUpload(place[1]));
      return;
    }
    list.push({
      text: explain(withoutPlugin(heading[1])),
      file: place?.[1] ?? null,
      line: place?.[2] === undefined ? null : Number(place[2]),
      column: place?.[3] === undefined ? null : Number(place[3]) + 1,
    });
  });
  return { errors, warnings };
}

/** A rule's name stands in brackets at the end of a warning. */
function withoutPlugin(text: string): string {
  return text.replace(/ \[[a-z-]+\]$/, "");
}

function explain(text: string): string {
  const specifier = UNRESOLVED.exec(text)?.[1];
  if (specifier === undefined) return text;
  if (specifier.startsWith("/") || specifier.startsWith(".."))
    return `Could not resolve "${specifier}": only files of the function's own folder can be imported. Copy it into the folder, or bundle with the CLI (mayfly deploy).`;
  if (specifier.startsWith("."))
    return `Could not resolve "${specifier}": no such file came with the upload.`;
  return `Could not resolve "${specifier}": the package did not come with the upload. Name it in the dependencies of a package.json beside function.json (npm install), and mayfly deploy bundles it; or upload node_modules too.`;
}
