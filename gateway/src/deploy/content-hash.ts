import { createHash, webcrypto } from "node:crypto";
import type { Manifest } from "@mayfly/contract";

/**
 * A version's name: SHA-256 over the checked manifest (its keys in order) and the packed files. Everything that
 * changes what runs changes it; the order of keys or files, and how they were sent, does not.
 *
 * @param packed what `packFiles` made, which is the same for the same files
 */
export async function contentHash(manifest: Manifest, packed: Uint8Array<ArrayBuffer>): Promise<string> {
  // Off this thread: the files may be hundreds of megabytes.
  const files = Buffer.from(await webcrypto.subtle.digest("SHA-256", packed)).toString("hex");
  return createHash("sha256").update(canonical(manifest)).update("\n").update(files).digest("hex");
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
