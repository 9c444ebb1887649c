import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { tryPort } from "../../../setup/ports.js";
import { checkDataFolder, checkDisk } from "../../../setup/preconditions.js";
import { missingFor } from "../../../setup/system-packages.js";
import { REPOSITORY } from "../program-files.ts";
import type { UpConfig } from "../up/config.ts";
import { type Check, fail, pass, warn } from "./check.ts";

/** The Node that runs this must be the one that the native parts were built for. */
export async function checkNode(version = process.versions.node): Promise<Check> {
  const { optionalDependencies = {} } = JSON.parse(
    await readFile(join(REPOSITORY, "package.json"), "utf8"),
  ) as {
    optionalDependencies?: Record<string, string>;
  };
  const pinned = optionalDependencies[`node-linux-${process.arch}`];
  if (pinned === version) return pass("node", `${version}, the pinned one`);
  return fail("node", `${version}, but ${pinned ?? "none for this machine"} is pinned`, "npm ci");
}

export function checkSystemPackages(): Check {
  const missing = missingFor("run").map(({ apt }) => apt);
  if (missing.length === 0) return pass("system packages", "all there");
  return fail("system packages", `missing: ${missing.join(", ")}`, `apt-get install ${missing.join(" ")}`);
}

/** A folder that was not there is made, to see that it can be, and removed again. */
export function checkDataDir({ dataDir }: UpConfig): Check {
  try {
    const made = checkDataFolder(dataDir);
    checkDisk(dataDir);
    if (made !== undefined) rmSync(made, { recursive: true });
    return pass("data folder", `${dataDir} can be written and has room`);
  } catch (error) {
    return fail("data folder", (error as Error).message, `MAYFLY_DATA_DIR=<a folder with room>`);
  }
}

/** A port that Mayfly itself has is as good as a free one. */
export async function checkPortOf(
  name: string,
  variable: string,
  { host, port, url }: { host: string; port: number; url: string },
): Promise<Check> {
  const refusal = await tryPort(host, port);
  if (refusal === null) return pass(name, `port ${port} of ${host} is free`);
  if (refusal === "EADDRINUSE" && (await isMayfly(url)))
    return pass(name, `Mayfly runs on port ${port} of ${host}`);
  if (refusal === "EADDRINUSE")
    return fail(name, `port ${port} of ${host} is in use`, `ss -ltnp 'sport = :${port}', or set ${variable}`);
  return warn(
    name,
    `port ${port} of ${host} cannot be listened on (${refusal})`,
    `set ${variable} to another`,
  );
}

async function isMayfly(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return (await answer.text()).includes("mayfly_");
  } catch {
    return false;
  }
}
