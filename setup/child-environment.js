// @ts-check
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));
const NPM_BIN = join(REPOSITORY, "node_modules", ".bin");

/** The Node that runs Mayfly; the host's only runs `setup/` and `cli/bin/`. */
export const PINNED_NODE = join(NPM_BIN, "node");

/**
 * The environment of everything that is started here: the pinned Node comes first on the path. NODE_EXTRA_CA_CERTS
 * is left out, since it more than doubles the time in which a Node process boots.
 *
 * @param {NodeJS.ProcessEnv} [given]
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnvironment(given = process.env) {
  const { NODE_EXTRA_CA_CERTS: _, ...kept } = given;
  return { ...kept, PATH: [NPM_BIN, ...hostPath(given)].join(delimiter) };
}

/**
 * The path without this repository's node_modules: npm must not be run by the very Node that `npm ci` replaces.
 *
 * @param {NodeJS.ProcessEnv} [given]
 */
export function hostPath(given = process.env) {
  return (given["PATH"] ?? "").split(delimiter).filter((folder) => folder !== NPM_BIN.replace(/\/$/, ""));
}
