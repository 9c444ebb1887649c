// @ts-check
import { Refusal } from "./refusal.js";
import { runCommand } from "./run-command.js";

/** 6.2 is the first with what BullMQ asks for. */
const OLDEST_REDIS = [6, 2];

/** @returns {Promise<string>} the version of the redis-server on the path */
export async function checkRedisVersion() {
  const version = versionIn(await runCommand("redis-server", ["--version"]));
  if (!isNewEnough(version))
    throw new Refusal(
      `redis-server ${version} is too old. Install ${OLDEST_REDIS.join(".")} or newer, or name a server that is with MAYFLY_REDIS_URL.`,
    );
  return version;
}

/** @param {string} text such as `Redis server v=7.0.15 sha=…` or `Valkey server v=8.0.1 …` */
export function versionIn(text) {
  return /\bv=(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? "unknown";
}

/** @param {string} version */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_REDIS;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
