import { type Ceilings, formatSize, type Manifest, MayflyError, parseManifest } from "@mayfly/contract";
import { packFiles } from "@mayfly/store";
import type { FileSet } from "./file-set.ts";
import type { Upload } from "./read-upload.ts";

const MAX_MANIFEST_LENGTH = 128 * 1024;

/** An upload that was checked, and packed as it will travel. */
export interface CheckedUpload {
  readonly manifest: Manifest;
  readonly packed: Buffer<ArrayBuffer>;
}

/**
 * Checks manifest and files against each other.
 *
 * @param name the function's name in the URL
 * @throws MayflyError `invalidManifest`, `limitOverCeiling`
 */
export function checkUpload(
  { manifest: sent, files }: Upload,
  name: string,
  ceilings: Ceilings,
): CheckedUpload {
  demandSmall(sent);
  const manifest = parseManifest(sent, ceilings);
  if (manifest.name !== name) {
    refuseManifest(`name: it is "${manifest.name}", and the URL says "${name}"; make them the same`);
  }
  demandEntry(manifest, files);
  const { runtime, entry } = manifest;
  const packed = packFiles(
    files.list().map((file) => (runtime === "exec" && file.path === entry ? { ...file, mode: 0o755 } : file)),
  );
  return { manifest, packed: packed as Buffer<ArrayBuffer> };
}

/** A manifest is looked at key by key, so one of megabytes would hold up everybody. */
function demandSmall(sent: unknown): void {
  const length = jsonLength(sent);
  if (length === null || length > MAX_MANIFEST_LENGTH) {
    refuseManifest(`it is longer than ${formatSize(MAX_MANIFEST_LENGTH)}, or nested without end`);
  }
}

function jsonLength(value: unknown): number | null {
  try {
    return JSON.stringify(value ?? null).length;
  } catch {
    return null;
  }
}

function demandEntry({ entry }: Manifest, files: FileSet): void {
  if (files.get(entry) !== undefined) return;
  const some = files.list().slice(0, 10);
  const sent = some.map(({ path }) => path).join(", ") || "none";
  refuseManifest(`entry: "${entry}" is not among the files that were sent (${sent})`);
}

function refuseManifest(fault: string): never {
  throw new MayflyError("invalidManifest", `function.json is not right: ${fault}`, {
    facts: { faults: [fault] },
  });
}
