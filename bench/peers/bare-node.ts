import { join } from "node:path";
import { NODE, type Peer, WORKLOAD } from "./peer.ts";

export const bareNode: Peer = {
  title: "bare node",
  what: "spawn, event on stdin, result on stdout; no isolation, no limits",
  install: "it comes with Mayfly",
  async prepare() {
    return () => [NODE, join(WORKLOAD, "run.cjs")];
  },
};
