import { createHash, randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { MayflyError } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { artifactKey, temporaryKey } from "./keys.ts";
import type { ArtifactStore } from "./types.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Packed code, kept compressed under the hash of what it was before. */
export function openArtifacts(redis: Redis): ArtifactStore {
  return {
    async put(bytes) {
      const hash = sha256(bytes);
      if ((await redis.exists(artifactKey(hash))) === 0)
        await redis.set(artifactKey(hash), await compress(bytes), "NX");
      return hash;
    },
    async get(hash) {
      const kept = await redis.getBuffer(artifactKey(hash));
      if (kept === null) return null;
      const bytes = await decompress(kept).catch(() => null);
      if (bytes === null || sha256(bytes) !== hash)
        throw new MayflyError(
          "internal",
          `The code kept under ${hash} is not what was deployed. Deploy the function again.`,
          { facts: { artifact: hash } },
        );
      return bytes;
    },
    async putTemporary(bytes, ttlMs) {
      const id = randomUUID();
      await redis.set(temporaryKey(id), Buffer.from(bytes), "PX", ttlMs);
      return id;
    },
    async takeTemporary(id) {
      return await redis.getdelBuffer(temporaryKey(id));
    },
  };
}
