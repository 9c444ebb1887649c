import {
  DEPLOY_MAX_DEPTH,
  DEPLOY_MAX_FILES,
  DEPLOY_MAX_FOLDERS,
  DEPLOY_MAX_UNPACKED_BYTES,
  formatSize,
  MayflyError,
} from "@mayfly/contract";
import type { PackedFile } from "@mayfly/store";

/** NAME_MAX and PATH_MAX of Linux, path_resolution(7). */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 4095;

/**
 * The files of one upload, each checked as it comes: whatever is in here can be written below a folder of its own
 * and nowhere else. Nothing is ever written by the gateway itself.
 */
export class FileSet {
  readonly #files = new Map<string, PackedFile>();
  /** Folders that a file's path implies: none of them may be a file too. */
  readonly #folders = new Set<string>();
  #entries = 0;
  #bytes = 0;

  /**
   * @param executable as git keeps it, the only thing of a mode that matters: owners, set-uid bits and the umask of
   *   whoever packed it have no meaning in the sandbox, and would make two versions of the same content
   * @throws MayflyError `invalidRequest`, `payloadTooLarge`
   */
  add(sentPath: string, bytes: Uint8Array, executable: boolean): void {
    const path = this.#counted(sentPath);
    if (path === "") refusePath(sentPath, "it names no file");
    this.#bytes += bytes.byteLength;
    if (this.#bytes > DEPLOY_MAX_UNPACKED_BYTES) throw tooMuch(formatSize(DEPLOY_MAX_UNPACKED_BYTES));
    if (path === RESERVED) refusePath(sentPath, "the name is reserved for what Mayfly adds");
    if (this.#files.has(path)) refusePath(sentPath, "it is there twice");
    if (this.#folders.has(path)) refusePath(sentPath, "it is both a file and a folder");
    this.#addFolders(path, sentPath);
    this.#files.set(path, { path, mode: executable ? 0o755 : 0o644, bytes });
  }

  /** A folder counts as an entry, is checked like a file, and is made again by the paths of the files in it. */
  addFolder(sentPath: string): void {
    this.#counted(sentPath);
  }

  get(path: string): PackedFile | undefined {
    return this.#files.get(path);
  }

  /** Takes a file out. */
  take(path: string): PackedFile | undefined {
    const file = this.#files.get(path);
    this.#files.delete(path);
    return file;
  }

  list(): PackedFile[] {
    return [...this.#files.values()];
  }

  #counted(sentPath: string): string {
    this.#entries++;
    if (this.#entries > DEPLOY_MAX_FILES) throw tooMuch(`${DEPLOY_MAX_FILES} files`);
    return innerPath(sentPath);
  }

  #addFolders(path: string, sentPath: string): void {
    for (let at = path.lastIndexOf("/"); at !== -1; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (this.#files.has(folder)) refusePath(sentPath, `"${folder}" is a file`);
      this.#folders.add(folder);
      if (this.#folders.size > DEPLOY_MAX_FOLDERS) throw tooMuch(`${DEPLOY_MAX_FOLDERS} folders`);
    }
  }
}

/** The bundler puts its own there, beside the function's files. */
const RESERVED = ".mayfly";

/** The path without `./` and doubled slashes, once it is sure to stay inside. */
function innerPath(sentPath: string): string {
  if (sentPath.startsWith("/")) refusePath(sentPath, "it is absolute");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[\x00-\x1f\x7f]/.test(sentPath)) refusePath(sentPath, "it has control characters");
  const names = sentPath.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) refusePath(sentPath, "it leads out of the folder");
  if (names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES))
    refusePath(sentPath, "a name in it is too long");
  if (names.length > DEPLOY_MAX_DEPTH)
    refusePath(sentPath, `it lies more than ${DEPLOY_MAX_DEPTH} levels deep`);
  const path = names.join("/");
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) refusePath(sentPath, "it is too long");
  return path;
}

/** Refuses one entry by name. */
export function refusePath(path: string, reason: string): never {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
  throw new MayflyError(
    "invalidRequest",
    `The file ${shown} is refused: ${reason}. Send plain files with paths relative to the function's folder.`,
    { facts: { path } },
  );
}

function tooMuch(limit: string): MayflyError {
  return new MayflyError(
    "payloadTooLarge",
    `The upload unpacks to more than ${limit}, which is the most that is taken. Leave out what the function does not need.`,
  );
}
