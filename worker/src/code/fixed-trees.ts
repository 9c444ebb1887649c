import type { Sandboxes } from "@mayfly/sandbox-addon";

/** Folders that never change, such as a runtime's: each is loaded at its first use and kept. */
export interface FixedTrees {
  /** @returns the tree's name */
  load(name: string, folder: () => Promise<string> | string): Promise<string>;
}

export function createFixedTrees(sandboxes: Pick<Sandboxes, "loadTree">): FixedTrees {
  const loaded = new Map<string, Promise<string>>();
  return {
    load(name, folder) {
      const known = loaded.get(name);
      if (known !== undefined) return known;
      const loading = (async () => {
        await sandboxes.loadTree(name, await folder());
        return name;
      })();
      loaded.set(name, loading);
      // A failure may pass: the next call tries again.
      loading.catch(() => loaded.delete(name));
      return loading;
    },
  };
}
