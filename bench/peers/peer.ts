import { dirname } from "node:path";

/** A program that runs node somewhere: what anybody could use in place of Mayfly's sandbox. */
export interface Peer {
  readonly title: string;
  readonly what: string;
  /** How to install it where it is missing. */
  readonly install: string;
  /** Prepares what outlives a call, in a folder that is removed afterwards, and gives the command of the n-th call. */
  prepare(folder: string): Promise<(call: number) => readonly [string, ...string[]]>;
  /** A command that the whole trial runs under, where the peer needs that. */
  around?(): Promise<readonly string[]>;
}

/** The very binary that Mayfly's nodejs24 runs. */
export const NODE = process.execPath;
export const NODE_FOLDER = dirname(NODE);
export const WORKLOAD = new URL("../workload", import.meta.url).pathname;

/** Where a peer with a root of its own finds node and the program. */
export const INSIDE = { node: "/runtime/node", folder: "/function", program: "run.cjs" } as const;

/** What node needs of the host beside its own binary. */
export const SYSTEM_FOLDERS = ["/usr", "/lib", "/lib64"] as const;
