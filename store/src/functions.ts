import { type FunctionVersion, MayflyError } from "@mayfly/contract";
import type { Redis } from "ioredis";
import { artifactKey, artifactUsersKey, functionsChannel, latestKey, versionsKey } from "./keys.ts";
import { loadScript } from "./script.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { FunctionStore } from "./types.ts";

const deployScript = loadScript(new URL("scripts/deploy-function.lua", import.meta.url));
const deleteScript = loadScript(new URL("scripts/delete-function.lua", import.meta.url));

/** Versions never change, so they may be kept in memory; this many of them. */
const CACHED_VERSIONS = 2000;

/** The catalogue of functions: in Redis, with a copy in memory that notifications keep fresh. */
export async function openFunctions(redis: Redis, subscriptions: Subscriptions): Promise<FunctionStore> {
  const latest = new Map<string, FunctionVersion>();
  const versions = new Map<string, FunctionVersion>();
  const listeners = new Set<(name: string) => void>();
  let names: Promise<readonly string[]> | null = null;

  const changed = (name: string) => {
    latest.delete(name);
    names = null;
    for (const listener of listeners) listener(name);
  };
  await subscriptions.add(functionsChannel, changed);
  subscriptions.onReconnect(() => {
    latest.clear();
    names = null;
  });

  const keep = (version: FunctionVersion) => {
    const key = `${version.name}@${version.version}`;
    const oldest = versions.keys().next().value;
    if (versions.size >= CACHED_VERSIONS && oldest !== undefined) versions.delete(oldest);
    versions.set(key, version);
    return version;
  };

  return {
    async deploy(version) {
      const answer = await deployScript.run(
        redis,
        [
          latestKey,
          versionsKey(version.name),
          artifactKey(version.artifact),
          artifactUsersKey(version.artifact),
        ],
        [version.name, version.version, version.tenant, JSON.stringify(version), functionsChannel],
      );
      if (answer === "taken")
        throw new MayflyError(
          "nameTaken",
          `The name "${version.name}" is in use in this installation. Choose another one.`,
          { facts: { function: version.name } },
        );
      if (answer === "noArtifact")
        throw new MayflyError(
          "internal",
          `The code of "${version.name}" is no longer in the store. Deploy it again.`,
          {
            facts: { artifact: version.artifact },
          },
        );
      changed(version.name);
      return { created: answer === "created" };
    },
    async latest(name) {
      const known = latest.get(name);
      if (known !== undefined) return known;
      const text = await redis.hget(latestKey, name);
      if (text === null) return null;
      const version = keep(JSON.parse(text) as FunctionVersion);
      latest.set(name, version);
      return version;
    },
    async version(name, version) {
      const known = versions.get(`${name}@${version}`);
      if (known !== undefined) return known;
      const text = await redis.hget(versionsKey(name), version);
      return text === null ? null : keep(JSON.parse(text) as FunctionVersion);
    },
    async list(tenant) {
      const all = (await redis.hvals(latestKey)).map((text) => JSON.parse(text) as FunctionVersion);
      return all
        .filter((version) => tenant === undefined || version.tenant === tenant)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    names() {
      names ??= redis.hkeys(latestKey).catch((error: unknown) => {
        names = null;
        throw error;
      });
      return names;
    },
    async versions(name) {
      const all = (await redis.hvals(versionsKey(name))).map((text) => JSON.parse(text) as FunctionVersion);
      return all.sort((a, b) => a.createdAt - b.createdAt).map(({ version }) => version);
    },
    async delete(name) {
      const deleted = await deleteScript.run(
        redis,
        [latestKey, versionsKey(name)],
        [name, functionsChannel, artifactKey(""), artifactUsersKey("")],
      );
      for (const key of versions.keys()) if (key.startsWith(`${name}@`)) versions.delete(key);
      changed(name);
      return deleted === 1;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
