import { PEERS } from "../peers/index.ts";
import type { BenchFunction, SystemName, Systems } from "../systems.ts";
import type { ClosedTrial } from "./trial.ts";

const HELLO_FORK: BenchFunction = { workload: "hello", isolation: "fork" };
const HELLO_EXEC: BenchFunction = { workload: "hello", isolation: "exec" };
/** Of what Mayfly is compared with, so that there is time for all of it. */
const FEWER = [1, 8, 32];
/** Long enough for a copy to be parked again, and for a plain node to boot. */
const PAUSE_MS = 20;
const BOOT_PAUSE_MS = 60;
/** As many as a worker keeps. */
const PARKED = 8;

const overHttp =
  (of: BenchFunction, name: SystemName = "usual") =>
  async (systems: Systems) => {
    const running = await systems.get(name);
    const paths = [`/function/${await running.function(of)}`];
    return { driver: "http", url: running.system.url, paths, workload: "hello" } as const;
  };
const throughRedis = (driver: "bare-bullmq" | "sandboxed-processor") => async (systems: Systems) => {
  const { system } = await systems.get("usual");
  return { driver, redisUrl: system.redisUrl } as const;
};

const WALLS = "8 namespaces, cgroup, seccomp, read-only root";

export const CLOSED_TRIALS: readonly ClosedTrial[] = [
  {
    kind: "closed-loop",
    id: "mayfly-fork",
    system: "usual",
    title: "Mayfly, fork",
    what: `gateway, Redis, worker; a copy of a booted process in ${WALLS}; answered when the handler settles`,
    spec: overHttp(HELLO_FORK),
  },
  {
    kind: "closed-loop",
    id: "mayfly-parked",
    system: "usual",
    title: "Mayfly, parked copies only",
    what: `the same, ${PAUSE_MS} ms after the last call: a parked copy is always at hand`,
    inFlight: [1],
    pauseMs: PAUSE_MS,
    spec: overHttp(HELLO_FORK),
  },
  {
    kind: "closed-loop",
    id: "mayfly-on-demand",
    system: "nothing-parked",
    title: "Mayfly, forked on demand",
    what: "the same by a worker that parks nothing: the fork and its walls are part of every call",
    spec: overHttp(HELLO_FORK, "nothing-parked"),
  },
  {
    kind: "closed-loop",
    id: "mayfly-exec",
    system: "usual",
    title: "Mayfly, exec",
    what: "the same with a boot of its own for every call",
    spec: overHttp(HELLO_EXEC),
  },
  {
    kind: "closed-loop",
    id: "mayfly-snapshot",
    system: "usual",
    title: "Mayfly, snapshot of 300 ms of imports",
    what: "a function whose module scope takes 300 ms, run once; every call is a copy of what it left",
    inFlight: [1],
    spec: overHttp({ workload: "imports", isolation: "fork", snapshot: true }),
  },
  {
    kind: "closed-loop",
    id: "mayfly-bullmq",
    system: "usual",
    title: "Mayfly, BullMQ producer",
    what: "fork, without gateway and HTTP; a plain producer's job, done when the sandbox is gone",
    inFlight: FEWER,
    async spec(systems) {
      const running = await systems.get("usual");
      const name = await running.function(HELLO_FORK);
      return { driver: "producer", redisUrl: running.system.redisUrl, name };
    },
  },
  {
    kind: "closed-loop",
    id: "launch-fork",
    title: "Mayfly's launch path alone, fork",
    what: `the sandbox addon without queue, HTTP, record and log; a copy forked on demand in ${WALLS}, until nothing is left of it`,
    spec: async () => ({ driver: "launch", isolation: "fork", parked: 0 }),
  },
  {
    kind: "closed-loop",
    id: "launch-parked",
    title: "Mayfly's launch path alone, parked",
    what: `the same with ${PARKED} parked copies, ${PAUSE_MS} ms after the last call`,
    inFlight: [1],
    pauseMs: PAUSE_MS,
    spec: async () => ({ driver: "launch", isolation: "fork", parked: PARKED }),
  },
  {
    kind: "closed-loop",
    id: "launch-exec",
    title: "Mayfly's launch path alone, exec",
    what: "the same with a boot of its own for every call",
    inFlight: FEWER,
    spec: async () => ({ driver: "launch", isolation: "exec", parked: 0 }),
  },
  {
    kind: "closed-loop",
    id: "bullmq-bare",
    title: "bare BullMQ round trip",
    what: "add, a worker in the caller's own process that does the work at once, reply by publish; no process, no isolation",
    spec: throughRedis("bare-bullmq"),
  },
  {
    kind: "closed-loop",
    id: "bullmq-bare-paused",
    title: "bare BullMQ round trip, paused",
    what: `the same, ${PAUSE_MS} ms after the last: an idle machine wakes up more slowly, for Mayfly too`,
    inFlight: [1],
    pauseMs: PAUSE_MS,
    spec: throughRedis("bare-bullmq"),
  },
  {
    kind: "closed-loop",
    id: "bullmq-sandboxed",
    title: "BullMQ sandboxed processor",
    what: "a process that is kept and used again; no isolation, no limits",
    inFlight: FEWER,
    spec: throughRedis("sandboxed-processor"),
  },
  {
    kind: "closed-loop",
    id: "workerd",
    title: "workerd",
    what: "over HTTP; a V8 isolate that is kept, in a process that is kept; no process, no namespace of its own",
    inFlight: FEWER,
    spec: async () => ({ driver: "workerd" }),
  },
  {
    kind: "closed-loop",
    id: "boot-ahead",
    title: "node booted ahead",
    what: "a pool of plain processes that have booted, used once each; no isolation, no limits; boots as fast as it is called",
    inFlight: FEWER,
    spec: async () => ({ driver: "boot-ahead" }),
  },
  {
    kind: "closed-loop",
    id: "boot-ahead-paused",
    title: "node booted ahead, paused",
    what: `the same, ${BOOT_PAUSE_MS} ms after the last call: one that has booted is always at hand`,
    inFlight: [1],
    pauseMs: BOOT_PAUSE_MS,
    spec: async () => ({ driver: "boot-ahead" }),
  },
  ...Object.entries(PEERS).map(
    ([id, { title, what }]): ClosedTrial => ({
      kind: "closed-loop",
      id,
      title,
      what,
      inFlight: FEWER,
      spec: async () => ({ driver: "process", peer: id }),
    }),
  ),
];
