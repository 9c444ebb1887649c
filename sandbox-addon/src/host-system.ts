import { lstat, readlink } from "node:fs/promises";
import type { RootStep } from "./types.ts";

/** Where programs and their libraries are; on a merged-/usr host all but the first are symbolic links. */
const FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"] as const;
const FILES = ["/etc/ld.so.cache", "/etc/alternatives"] as const;

/** Who the process is, for programs that ask. */
const PASSWD = "root:x:0:0:root:/:/bin/sh\nsandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n";
const GROUP = "root:x:0:\nsandbox:x:1000:\n";

/** The steps that give a sandbox the host's programs and libraries, read-only, and nothing else of the host. */
export async function hostSystem(): Promise<RootStep[]> {
  const steps = await Promise.all([...FOLDERS, ...FILES].map(toStep));
  return [
    ...steps.filter((step) => step !== null),
    { kind: "file", target: "/etc/passwd", content: PASSWD },
    { kind: "file", target: "/etc/group", content: GROUP },
  ];
}

async function toStep(path: string): Promise<RootStep | null> {
  const status = await lstat(path).catch(() => null);
  if (status === null) return null;
  if (status.isSymbolicLink()) return { kind: "symlink", target: path, to: await readlink(path) };
  return { kind: "bind", source: path, target: path };
}
