import {
  DEPLOY_MAX_DEPTH,
  DEPLOY_MAX_FILES,
  DEPLOY_MAX_FOLDERS,
  DEPLOY_MAX_UNPACKED_BYTES,
  MayflyError,
} from "@mayfly/contract";

/**
 * Files in one blob: `MFP1`, the index's length (32 bits, little-endian), the index as JSON `[[path, mode, size]…]`
 * in order of the paths, then the bytes of each file in that order. The same files always give the same blob, and
 * it can hold nothing but plain files: no links, no devices, no owners.
 */
const MAGIC = Buffer.from("MFP1");
const HEADER_BYTES = MAGIC.length + 4;
/** NAME_MAX and PATH_MAX of Linux: path_resolution(7). */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4095;

export interface PackedFile {
  /** Relative, with `/` between names. */
  readonly path: string;
  /** Permission bits alone. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/**
 * Packs files in a form that depends on nothing but their paths, modes and bytes.
 *
 * @throws MayflyError `invalidBundle` for a path that leads outside, one that is there twice, or too much
 */
export function packFiles(files: readonly PackedFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  checkFiles(sorted.map(({ path, bytes }) => ({ path, size: bytes.byteLength })));
  const index = Buffer.from(
    JSON.stringify(sorted.map(({ path, mode, bytes }) => [path, mode & 0o777, bytes.byteLength])),
  );
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(index.byteLength, MAGIC.length);
  return Buffer.concat([header, index, ...sorted.map(({ bytes }) => bytes)]);
}

/**
 * Takes a blob apart. It trusts nothing: a blob may come from anybody who can write to Redis.
 *
 * @returns the files in order of their paths; their bytes are views of the blob
 * @throws MayflyError `invalidBundle`
 */
export function unpackFiles(blob: Uint8Array): PackedFile[] {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.byteLength < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    refuse("it is no packed folder");
  const dataStart = HEADER_BYTES + bytes.readUInt32LE(MAGIC.length);
  if (dataStart > bytes.byteLength) refuse("it ends within its index");
  const entries = readIndex(bytes.toString("utf8", HEADER_BYTES, dataStart));
  checkFiles(entries);
  let offset = dataStart;
  const files = entries.map(({ path, mode, size }) => {
    const file = { path, mode, bytes: bytes.subarray(offset, offset + size) };
    offset += size;
    return file;
  });
  if (offset !== bytes.byteLength) refuse("its size is not what its index says");
  return files;
}

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
}

function readIndex(text: string): Entry[] {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (error) {
    refuse(`its index is no JSON (${String(error)})`);
  }
  if (!Array.isArray(index)) refuse("its index is no list");
  return index.map((entry: unknown): Entry => {
    if (!Array.isArray(entry)) refuse("its index holds something else than files");
    const [path, mode, size] = entry as unknown[];
    if (typeof path !== "string" || !isCount(mode) || !isCount(size))
      refuse("its index holds something else than files");
    return { path, mode: mode & 0o777, size };
  });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Entries are in order of their paths, so a file that is a folder too would follow the file or its neighbours. */
function checkFiles(files: readonly { path: string; size: number }[]): void {
  if (files.length > DEPLOY_MAX_FILES)
    refuse(`${files.length} files are more than the ${DEPLOY_MAX_FILES} that are allowed`);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > DEPLOY_MAX_UNPACKED_BYTES)
    refuse(`${total} bytes are more than the ${DEPLOY_MAX_UNPACKED_BYTES} that are allowed`);
  const paths = new Set<string>();
  for (const { path } of files) {
    checkPath(path);
    if (paths.has(path)) refuse(`"${path}" is there twice`);
    paths.add(path);
  }
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
      const folder = path.slice(0, at);
      if (paths.has(folder)) refuse(`"${folder}" is both a file and a folder`);
      folders.add(folder);
      if (folders.size > DEPLOY_MAX_FOLDERS)
        refuse(`its files need more than the ${DEPLOY_MAX_FOLDERS} folders that are allowed`);
    }
  }
}

function checkPath(path: string): void {
  if (path.includes("\0")) refuse("a path holds a NUL character");
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) refuse(`"${path.slice(0, 80)}…" is too long a path`);
  const names = path.split("/");
  if (names.length > DEPLOY_MAX_DEPTH) refuse(`"${path.slice(0, 80)}…" lies too deep`);
  for (const name of names) {
    if (name === "" || name === "." || name === "..") refuse(`"${path}" does not stay inside the folder`);
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) refuse(`"${name.slice(0, 80)}…" is too long a name`);
  }
}

function refuse(reason: string): never {
  throw new MayflyError("invalidBundle", `The files cannot be used: ${reason}.`, { facts: { reason } });
}
