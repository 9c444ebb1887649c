import { join } from "node:path";
import { NODE, type Peer, WORKLOAD } from "./peer.ts";

const NAMESPACES = ["--user", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--time"];

export const unshare: Peer = {
  title: "unshare + node",
  what: "8 namespaces and an own /proc; the host's root, no limits, no seccomp",
  install: "apt-get install util-linux",
  async prepare() {
    const options = [...NAMESPACES, "--map-root-user", "--mount-proc", "--fork", "--kill-child"];
    return () => ["unshare", ...options, NODE, join(WORKLOAD, "run.cjs")];
  },
};
