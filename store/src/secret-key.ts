import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const KEY_BYTES = 32;

/**
 * The key that encrypts secrets: the one that was configured, or that of the data folder, which is made by whoever
 * comes first. Gateways and workers of one machine share the folder; on several machines the key must be configured.
 *
 * @returns 32 bytes in hexadecimal
 */
export async function secretKeyOf(configured: string | undefined, dataDir: string): Promise<string> {
  if (configured !== undefined) return configured;
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, "secret.key");
  const mine = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`;
  await writeFile(mine, `${randomBytes(KEY_BYTES).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  try {
    // link(2) fails where the name exists: of two that start at once one wins, and nobody reads half a file.
    await link(mine, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(mine);
  }
  const key = (await readFile(path, "utf8")).trim();
  if (/^[0-9a-f]{64}$/.test(key)) return key;
  throw new Error(
    `${path} does not hold 32 bytes in hexadecimal. Put back the file that was there, or remove it if no secret is stored yet.`,
  );
}
