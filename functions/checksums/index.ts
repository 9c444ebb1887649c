import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

interface ChecksumsEvent {
  /** Base64 by name. */
  readonly files: Readonly<Record<string, string>>;
  /** What each file's checksum should be. */
  readonly expected?: Readonly<Record<string, string>>;
}

/** Writes the files into /tmp and lets `sha256sum` read them there: a function may call what its root holds. */
export default async function checksums({ files, expected = {} }: ChecksumsEvent) {
  const names = Object.keys(files ?? {});
  if (names.length === 0) throw new TypeError('files is empty; send { "files": { "name": "<base64>" } }');
  const folder = await mkdtemp(join(tmpdir(), "checksums-"));
  try {
    // The files are numbered, so that no name can be a path or an option.
    const paths = names.map((_, i) => join(folder, String(i)));
    await Promise.all(names.map((name, i) => writeFile(paths[i] ?? "", files[name] ?? "", "base64")));
    const { stdout } = await promisify(execFile)("sha256sum", ["--zero", ...paths]);
    const sums = stdout.split("\0").map((line) => line.slice(0, 64));
    return names.map((name, i) => report(name, sums[i] ?? "", expected[name]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function report(name: string, sha256: string, expected: string | undefined) {
  return expected === undefined
    ? { name, sha256 }
    : { name, sha256, matches: sha256 === expected.toLowerCase() };
}
