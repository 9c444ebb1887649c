import { lstatSync, readlinkSync, statSync } from "node:fs";
import { FUNCTION_DIR, RUNNERS } from "@mayfly/runtimes";
import type { RootStep } from "@mayfly/sandbox-addon";

/** Where a Node binary is in its sandbox. */
export const NODE_BIN = "/runtime/bin";

/**
 * The user that a function is, and files without which libc's own calls fail. There is no name server: the network
 * is an empty one.
 */
const ETC: Readonly<Record<string, string>> = {
  "/etc/passwd": "root:x:0:0:root:/:/bin/false\nfunction:x:1000:1000:function:/tmp:/bin/sh\n",
  "/etc/group": "root:x:0:\nfunction:x:1000:\n",
  "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
  "/etc/resolv.conf": "",
};

/** Debian's links from /usr/bin to what the administrator chose; and the loader's cache, without which it searches. */
const HOST_ETC = ["/etc/alternatives", "/etc/ld.so.cache"];

export type RuntimeTrees =
  | { readonly kind: "nodejs"; readonly node: string; readonly runner: string }
  | { readonly kind: "python3"; readonly runner: string }
  | { readonly kind: "exec" };

/**
 * What every sandbox of this host stands on: its /usr, read-only, and a minimal /etc. On a host whose /bin and /lib
 * are links into /usr, so they are in the sandbox.
 */
export function systemRoot(): RootStep[] {
  const beside = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap((path): RootStep[] => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    if (found.isSymbolicLink()) return [{ kind: "symlink", target: path, to: readlinkSync(path) }];
    return [{ kind: "bind", source: path, target: path }];
  });
  const hostEtc = HOST_ETC.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  return [
    { kind: "bind", source: "/usr", target: "/usr" },
    ...beside,
    { kind: "directory", target: "/etc" },
    ...Object.entries(ETC).map(([target, content]): RootStep => ({ kind: "file", target, content })),
    ...hostEtc.map((path): RootStep => ({ kind: "bind", source: path, target: path })),
  ];
}

/** The root of a zygote, onto which the code of each of its copies is attached. */
export function zygoteRoot(system: readonly RootStep[], runtime: RuntimeTrees): RootStep[] {
  return [...system, ...runtimeSteps(runtime), { kind: "directory", target: FUNCTION_DIR }];
}

/** The root of one function's sandbox. */
export function functionRoot(
  system: readonly RootStep[],
  runtime: RuntimeTrees,
  codeTree: string,
): RootStep[] {
  return [...system, ...runtimeSteps(runtime), { kind: "tree", tree: codeTree, target: FUNCTION_DIR }];
}

function runtimeSteps(runtime: RuntimeTrees): RootStep[] {
  switch (runtime.kind) {
    case "nodejs":
      return [
        { kind: "tree", tree: runtime.node, target: NODE_BIN },
        { kind: "tree", tree: runtime.runner, target: RUNNERS.nodejs.target },
      ];
    case "python3":
      return [{ kind: "tree", tree: runtime.runner, target: RUNNERS.python3.target }];
    case "exec":
      return [];
  }
}
