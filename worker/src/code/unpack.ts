import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PackedFile } from "@mayfly/store";

/**
 * Writes files into a fresh folder for as long as `use` takes. What is inside came from a user: it holds nothing but
 * plain files, and nothing on the host runs it.
 *
 * @param parent where the folder is made
 * @param stopping ends the unpacking between two files: an upload of ten thousand must not hold a worker's exit
 */
export async function withFolder<T>(
  parent: string,
  files: readonly PackedFile[],
  use: (folder: string) => Promise<T>,
  stopping: AbortSignal,
): Promise<T> {
  stopping.throwIfAborted();
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, "code-"));
  try {
    const made = new Set<string>();
    for (const { path, mode, bytes } of files) {
      stopping.throwIfAborted();
      const target = join(folder, path);
      if (!made.has(dirname(target))) await mkdir(dirname(target), { recursive: true });
      made.add(dirname(target));
      await writeFile(target, bytes, { flag: "wx" });
      // Set apart from the creation, where the worker's umask would take bits away.
      await chmod(target, mode & 0o111 ? 0o755 : 0o644);
    }
    await chmod(folder, 0o755);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
