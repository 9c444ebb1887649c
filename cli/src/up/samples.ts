import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "../client.ts";
import { type Deployed, deployFolder } from "../commands/deploy.ts";
import { stopBundler } from "../deploy/bundle.ts";

/** Bundling is work for a core, so more at a time would only wait for each other. */
const AT_A_TIME = 4;

/** The folders below one that are functions, by name. */
export async function functionFolders(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
  const areFunctions = await Promise.all(
    folders.map((folder) =>
      stat(join(folder, "function.json")).then(
        () => true,
        () => false,
      ),
    ),
  );
  return folders.filter((_, i) => areFunctions[i]).sort();
}

/** Deploys many folders over HTTP, a few at a time. */
export async function deployAll(
  client: Client,
  folders: readonly string[],
  signal: AbortSignal,
): Promise<Deployed[]> {
  const waiting = [...folders];
  const deployed: Deployed[] = [];
  const lane = async () => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift())
      deployed.push(await deployFolder(client, folder, signal));
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  } finally {
    await stopBundler();
  }
  return deployed;
}
