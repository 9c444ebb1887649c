import type { DriverSpec } from "./drivers/driver.ts";
import { bareNode } from "./peers/bare-node.ts";
import { bubblewrap } from "./peers/bubblewrap.ts";
import { crun } from "./peers/crun.ts";
import type { Peer } from "./peers/peer.ts";
import { unshare } from "./peers/unshare.ts";

/** What is measured: one row of the table for each number in flight. */
export interface Subject {
  readonly id: string;
  readonly title: string;
  /** What a call goes through, and what stands around the function while it runs. */
  readonly what: string;
  /** Which driver makes the calls; Mayfly's need its address, so they are made once it runs. */
  spec(system: { url: string; redisUrl: string }): DriverSpec;
}

const peer = (id: string, { title, what }: Peer): Subject => ({
  id,
  title,
  what,
  spec: () => ({ driver: "process", peer: id }),
});

export const PEERS: Readonly<Record<string, Peer>> = { node: bareNode, unshare, bubblewrap, crun };

export const SUBJECTS: readonly Subject[] = [
  {
    id: "mayfly-http",
    title: "Mayfly, sync call over HTTP",
    what: "gateway, Redis, worker; a booted process in 8 namespaces, cgroup, seccomp, read-only root; answered when the handler settles",
    spec: ({ url }) => ({ driver: "http", url }),
  },
  {
    id: "mayfly-bullmq",
    title: "Mayfly, BullMQ producer",
    what: "the same without gateway and HTTP; a plain producer's job, done when the sandbox is gone",
    spec: ({ redisUrl }) => ({ driver: "producer", redisUrl }),
  },
  ...Object.entries(PEERS).map(([id, of]) => peer(id, of)),
  {
    id: "bullmq-sandboxed",
    title: "BullMQ sandboxed processor",
    what: "a process that is kept and used again; no isolation, no limits",
    spec: ({ redisUrl }) => ({ driver: "sandboxed-processor", redisUrl }),
  },
];
