import { BUNDLE_DIR } from "@mayfly/runtimes";
import type { Sandboxes } from "@mayfly/sandbox-addon";
import { type PackedFile, unpackFiles } from "@mayfly/store";
import type { PackedCache } from "./packed-cache.ts";
import { withFolder } from "./unpack.ts";

/** A function's code, loaded for sandboxes for as long as it is held. */
export interface CodeLease extends Disposable {
  readonly tree: string;
  /** Null where nothing was bundled: python3 and exec. */
  readonly bundleFormat: "cjs" | "esm" | null;
}

export interface CodeTrees {
  /** @throws Error where the code cannot be had */
  lease(artifact: string): Promise<CodeLease>;
}

export interface CodeTreesOptions {
  readonly sandboxes: Pick<Sandboxes, "loadTree" | "dropTree">;
  readonly cache: PackedCache;
  /** Where files lie between their unpacking and their loading. */
  readonly scratch: string;
  /** Nothing is loaded any more. */
  readonly stopping: AbortSignal;
  /** Trees are memory: the least recently used beyond this are dropped. */
  readonly maxBytes: number;
  readonly onError: (error: unknown) => void;
}

interface Loaded {
  readonly tree: string;
  readonly bytes: number;
  readonly bundleFormat: CodeLease["bundleFormat"];
}

interface Entry {
  readonly loaded: Promise<Loaded>;
  bytes: number;
  leases: number;
}

/** Code by its hash, each loaded once however many ask for it at the same time. */
export function createCodeTrees(options: CodeTreesOptions): CodeTrees {
  const { sandboxes, cache, scratch, stopping, maxBytes, onError } = options;
  /** In order of their last use. */
  const entries = new Map<string, Entry>();
  /** A tree of the same name cannot be loaded again before it has gone. */
  const dropping = new Map<string, Promise<void>>();
  let loadedBytes = 0;

  const load = async (artifact: string): Promise<Loaded> => {
    const files = unpackFiles(await cache.get(artifact));
    const tree = `code-${artifact.slice(0, 40)}`;
    await dropping.get(artifact);
    await withFolder(scratch, files, (folder) => sandboxes.loadTree(tree, folder), stopping);
    const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
    return { tree, bytes, bundleFormat: bundleFormatOf(files) };
  };

  const drop = (artifact: string, entry: Entry) => {
    entries.delete(artifact);
    loadedBytes -= entry.bytes;
    const dropped = entry.loaded
      .then(({ tree }) => sandboxes.dropTree(tree))
      .catch(onError)
      .finally(() => dropping.delete(artifact));
    dropping.set(artifact, dropped);
  };

  const evict = () => {
    if (loadedBytes <= maxBytes) return;
    for (const [artifact, entry] of entries) {
      if (entry.leases > 0) continue;
      drop(artifact, entry);
      if (loadedBytes <= maxBytes) return;
    }
  };

  return {
    async lease(artifact) {
      const entry = entries.get(artifact) ?? { loaded: load(artifact), bytes: 0, leases: 0 };
      entries.delete(artifact);
      entries.set(artifact, entry);
      entry.leases++;
      try {
        const { tree, bytes, bundleFormat } = await entry.loaded;
        loadedBytes += bytes - entry.bytes;
        entry.bytes = bytes;
        return {
          tree,
          bundleFormat,
          [Symbol.dispose]() {
            entry.leases--;
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

function bundleFormatOf(files: readonly PackedFile[]): CodeLease["bundleFormat"] {
  if (files.some(({ path }) => path === `${BUNDLE_DIR}/bundle.cjs`)) return "cjs";
  return files.some(({ path }) => path === `${BUNDLE_DIR}/bundle.mjs`) ? "esm" : null;
}
