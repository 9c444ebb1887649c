import { bareNode } from "./bare-node.ts";
import { bubblewrap } from "./bubblewrap.ts";
import { docker } from "./docker.ts";
import { crun, runc } from "./oci.ts";
import type { Peer } from "./peer.ts";
import { unshare } from "./unshare.ts";

/** What starts a process for each call, by the name that `--only` knows. */
export const PEERS: Readonly<Record<string, Peer>> = {
  node: bareNode,
  unshare,
  bubblewrap,
  crun,
  runc,
  docker,
};
