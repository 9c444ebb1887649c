import { randomBytes, webcrypto } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactStore } from "@mayfly/store";

const SUFFIX = ".packed";

/**
 * Artifacts on the worker's disk, by hash. The hash is checked at each reading, so that nobody who can write to the
 * folder changes what is run. Workers of one machine share the folder.
 */
export interface PackedCache {
  /** @throws Error where Redis has no such artifact */
  get(hash: string): Promise<Buffer>;
}

export interface PackedCacheOptions {
  readonly folder: string;
  readonly artifacts: Pick<ArtifactStore, "get">;
  /** The least recently used files beyond this are removed. */
  readonly maxBytes: number;
}

export async function openPackedCache({
  folder,
  artifacts,
  maxBytes,
}: PackedCacheOptions): Promise<PackedCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    async get(hash) {
      const path = join(folder, hash + SUFFIX);
      const cached = await readFile(path).catch(() => null);
      if (cached !== null && (await sha256(cached)) === hash) {
        const now = new Date();
        await utimes(path, now, now).catch(() => undefined);
        return cached;
      }
      const blob = await artifacts.get(hash);
      if (blob === null)
        throw new Error(`The code ${hash} is not in Redis any more. Deploy the function again.`);
      await keep(path, blob);
      await evict(folder, maxBytes);
      return blob;
    },
  };
}

/** Another worker may write the same at the same time: a rename is whole or not at all. */
async function keep(path: string, blob: Buffer): Promise<void> {
  const mine = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(mine, blob, { mode: 0o600 });
  await rename(mine, path);
}

async function evict(folder: string, maxBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      return { path, bytes: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 };
    }),
  );
  files.sort((a, b) => b.usedAt - a.usedAt);
  let total = 0;
  for (const { path, bytes } of files) {
    total += bytes;
    if (total > maxBytes) await rm(path, { force: true });
  }
}

/** Beside the event loop: code may be large, and whoever waits for something else should not wait for it. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest("SHA-256", bytes)).toString("hex");
}
