import { BUNDLE_DIR } from "@mayfly/runtimes";
import type { Sandboxes } from "@mayfly/sandbox-addon";
import { type PackedFile, unpackFiles } from "@mayfly/store";
import { CODE_CACHE_FILE, type Compile } from "./code-cache.ts";
import type { PackedCache } from "./packed-cache.ts";
import { withFolder } from "./unpack.ts";

/** What is to be known of code that is run. */
export interface CodeFacts {
  /** Null where nothing was bundled: python3 and exec. */
  readonly bundleFormat: "cjs" | "esm" | null;
  /** The bundle was compiled ahead, and what came of it lies beside it. */
  readonly hasCodeCache: boolean;
}

/** A function's code, loaded for sandboxes for as long as it is held. */
export interface CodeLease extends CodeFacts, Disposable {
  readonly tree: string;
}

export interface CodeTrees {
  /**
   * @param compiledFor the entry, where its bundle is worth compiling ahead once it is called again
   * @throws Error where the code cannot be had
   */
  lease(artifact: string, compiledFor?: string): Promise<CodeLease>;
}

export interface CodeTreesOptions {
  readonly sandboxes: Pick<Sandboxes, "loadTree" | "dropTree">;
  readonly cache: PackedCache;
  readonly compile: Compile;
  /** Where files lie between their unpacking and their loading. */
  readonly scratch: string;
  /** Nothing is loaded any more. */
  readonly stopping: AbortSignal;
  /** Trees are memory: the least recently used beyond this are dropped. */
  readonly maxBytes: number;
  readonly onError: (error: unknown, doing: string) => void;
}

/** Smaller bundles are compiled faster than a cache is read and checked. */
const MIN_COMPILED_BYTES = 8 * 1024;
const COMPILED_AT_CALL = 3;

interface Loaded extends CodeFacts {
  readonly tree: string;
  readonly bytes: number;
  readonly bundleBytes: number;
  leases: number;
  /** A compiled one has come into its place: it goes with its last lease. */
  isReplaced: boolean;
}

interface Entry {
  loaded: Promise<Loaded>;
  /** 0 until it is loaded. */
  bytes: number;
  leases: number;
  calls: number;
}

/** Code by its hash, each loaded once however many ask for it at the same time. */
export function createCodeTrees(options: CodeTreesOptions): CodeTrees {
  const { sandboxes, cache, compile, scratch, stopping, maxBytes, onError } = options;
  /** In order of their last use. */
  const entries = new Map<string, Entry>();
  let loadedBytes = 0;
  let loads = 0;
  let compiling: Promise<void> = Promise.resolve();

  const load = async (artifact: string, codeCache?: Buffer): Promise<Loaded> => {
    const packed = unpackFiles(await cache.get(artifact));
    const beside = codeCache && { path: CODE_CACHE_FILE, mode: 0o644, bytes: codeCache };
    const files = beside === undefined ? packed : [...packed, beside];
    // A tree of the same name may still be on its way out.
    const tree = `code-${artifact.slice(0, 40)}-${++loads}`;
    await withFolder(scratch, files, (folder) => sandboxes.loadTree(tree, folder), stopping);
    return {
      tree,
      bytes: sizeOf(files),
      bundleBytes: sizeOf(files.filter(({ path }) => path === `${BUNDLE_DIR}/bundle.cjs`)),
      bundleFormat: bundleFormatOf(files),
      hasCodeCache: codeCache !== undefined,
      leases: 0,
      isReplaced: false,
    };
  };

  const unload = ({ tree }: Loaded) => {
    sandboxes.dropTree(tree).catch((error: unknown) => onError(error, "unloading code"));
  };

  const evict = () => {
    for (const [artifact, entry] of entries) {
      if (loadedBytes <= maxBytes) return;
      if (entry.leases > 0) continue;
      entries.delete(artifact);
      loadedBytes -= entry.bytes;
      void entry.loaded.then(unload);
    }
  };

  /** Puts code with its code cache into the place of the same code without. */
  const compileAhead = async (artifact: string, entry: Entry, scriptEntry: string): Promise<void> => {
    const plain = await entry.loaded;
    const compiled = await load(artifact, await compile(plain.tree, scriptEntry));
    loadedBytes += compiled.bytes - entry.bytes;
    entry.bytes = compiled.bytes;
    entry.loaded = Promise.resolve(compiled);
    plain.isReplaced = true;
    if (plain.leases === 0) unload(plain);
  };

  /** Code that is called once is not worth it, and one compilation at a time is enough. */
  const considerCompiling = (artifact: string, entry: Entry, loaded: Loaded, scriptEntry: string) => {
    const isWorthIt = entry.calls === COMPILED_AT_CALL && loaded.bundleBytes >= MIN_COMPILED_BYTES;
    if (!isWorthIt || stopping.aborted) return;
    entry.leases++;
    compiling = compiling
      .then(() => compileAhead(artifact, entry, scriptEntry))
      .catch((error: unknown) => onError(error, "compiling code ahead"))
      .finally(() => {
        entry.leases--;
      });
  };

  return {
    async lease(artifact, compiledFor) {
      const entry = entries.get(artifact) ?? { loaded: load(artifact), bytes: 0, leases: 0, calls: 0 };
      entries.delete(artifact);
      entries.set(artifact, entry);
      entry.leases++;
      entry.calls++;
      try {
        const loaded = await entry.loaded;
        loadedBytes += loaded.bytes - entry.bytes;
        entry.bytes = loaded.bytes;
        if (compiledFor !== undefined) considerCompiling(artifact, entry, loaded, compiledFor);
        loaded.leases++;
        return {
          ...loaded,
          [Symbol.dispose]() {
            loaded.leases--;
            entry.leases--;
            if (loaded.isReplaced && loaded.leases === 0) unload(loaded);
            evict();
          },
        };
      } catch (error) {
        if (entries.get(artifact) === entry) entries.delete(artifact);
        throw error;
      }
    },
  };
}

function sizeOf(files: readonly PackedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

function bundleFormatOf(files: readonly PackedFile[]): CodeFacts["bundleFormat"] {
  if (files.some(({ path }) => path === `${BUNDLE_DIR}/bundle.cjs`)) return "cjs";
  return files.some(({ path }) => path === `${BUNDLE_DIR}/bundle.mjs`) ? "esm" : null;
}
