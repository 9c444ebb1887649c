import { execFile } from "node:child_process";
import { promisify } from "node:util";

const PROGRAMS = {
  redis: ["redis-server", "--version"],
  unshare: ["unshare", "--version"],
  bubblewrap: ["bwrap", "--version"],
  crun: ["crun", "--version"],
  runc: ["runc", "--version"],
  docker: ["docker", "--version"],
} as const;

/** Each program's own words, for whoever compares; one that is not there is left out. */
export async function programVersions(): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(PROGRAMS).map(async ([name, [program, ...args]]) => {
      const printed = await promisify(execFile)(program, args).catch(() => null);
      return printed === null ? [] : [[name, printed.stdout.split("\n", 1)[0] ?? ""] as const];
    }),
  );
  return Object.fromEntries(entries.flat());
}
