import { differenceOf, type Figures, ratioOf } from "../statistics/figures.ts";
import { closedFigures, figuresIn, type Report } from "./report.ts";
import { mib, significant } from "./table.ts";

/** What Mayfly means to reach, and what it did. */
export interface Goal {
  readonly what: string;
  readonly limit: number;
  readonly better: "less" | "more";
  /** Null where what it takes was not measured. */
  readonly measured: number | null;
}

type Goals = (report: Report) => readonly Goal[];

const atLeast = (what: string, limit: number, measured: number | null): Goal => ({
  what,
  limit,
  better: "more",
  measured,
});
const atMost = (what: string, limit: number, measured: number | null): Goal => ({
  what,
  limit,
  better: "less",
  measured,
});

const launchPath: Goals = (report) => [
  atLeast(
    "launch path alone, 4 in flight: calls per second",
    500,
    closedFigures(report, "launch-fork", 4)?.perSecond ?? null,
  ),
  atMost(
    "launch path alone, a parked copy: p50 in ms",
    0.3,
    closedFigures(report, "launch-parked", 1)?.p50Ms ?? null,
  ),
];

const oneAtATime: Goals = (report) => {
  const at1 = (id: string) => closedFigures(report, id, 1);
  const compare = (
    id: string,
    other: string,
    combine: (a: readonly number[], b: readonly number[]) => number,
  ) => {
    const [figures, others] = [at1(id), at1(other)];
    return figures && others && combine(figures.roundP50sMs, others.roundP50sMs);
  };
  const timesFaster = (other: string) => compare(other, "mayfly-fork", ratioOf);
  return [
    atMost(
      "HTTP call while parked copies last: p50 in ms above a bare BullMQ round trip",
      1.5,
      compare("mayfly-parked", "bullmq-bare-paused", differenceOf),
    ),
    atMost(
      "HTTP call forked on demand: p50 in ms above a bare BullMQ round trip",
      3,
      compare("mayfly-on-demand", "bullmq-bare", differenceOf),
    ),
    atMost("HTTP call, one at a time: p99 in ms", 15, at1("mayfly-fork")?.p99Ms ?? null),
    atLeast("times faster than bubblewrap + node at p50", 12, timesFaster("bubblewrap")),
    atLeast("times faster than crun + node at p50", 12, timesFaster("crun")),
    atMost(
      "a snapshot of 300 ms of imports: p50, times a hello's",
      1.5,
      compare("mayfly-snapshot", "mayfly-fork", ratioOf),
    ),
  ];
};

const underLoad: Goals = (report) => {
  const open = (id: string) => {
    const measured = report.open.find((one) => one.id === id);
    return measured && "windows" in measured ? measured : null;
  };
  const hello = open("rate-hello");
  const sustained = hello?.sustained?.perSecond ?? null;
  const launched = closedFigures(report, "launch-fork", 4) as Figures | null;
  return [
    atLeast("hello over HTTP, sustained: calls per second", 350, sustained),
    atMost("hello over HTTP at 80 % of that: p99 in ms", 100, hello?.at80?.p99Ms ?? null),
    atMost(
      "the worker's event loop at that rate: late by, p99 in ms",
      5,
      hello?.sustained?.worker?.eventLoopP99Ms ?? null,
    ),
    atMost(
      "the launch path alone, times that rate",
      1.5,
      sustained && launched && launched.perSecond / sustained,
    ),
    atLeast(
      "a real handler over HTTP, sustained: calls per second",
      250,
      open("rate-real")?.sustained?.perSecond ?? null,
    ),
  ];
};

const growthAndMemory: Goals = (report) => {
  const memory = figuresIn(report.memory);
  const parked = memory?.idle.find(({ part }) => part === "mains")?.processes ?? 8;
  const largest = figuresIn(report.growthFunctions)?.at(-1);
  return [
    atMost(
      `calls over ${largest?.size ?? "1,000"} functions: p50, times that with a single one`,
      1.25,
      largest?.ratio ?? null,
    ),
    atMost(
      `the whole system at rest with ${parked} parked copies: MiB of PSS`,
      350,
      memory && mib(memory.idlePssBytes),
    ),
    atMost("each hello in flight: MiB of PSS", 6, memory && mib(memory.runningPssBytes)),
    atMost(
      "each parked copy with its init: MiB of its own",
      1,
      memory?.parked ? mib(memory.parked.privateBytes) : null,
    ),
  ];
};

export function goalsOf(report: Report): Goal[] {
  return [launchPath, oneAtATime, underLoad, growthAndMemory].flatMap((goals) => goals(report));
}

export function verdictOf({ limit, better, measured }: Goal): "met" | "MISSED" | "not measured" {
  if (measured === null) return "not measured";
  return (better === "less" ? measured <= limit : measured >= limit) ? "met" : "MISSED";
}

/** `met` or by how much not. */
export function sentenceOf(goal: Goal): string {
  const { what, limit, better, measured } = goal;
  const target = `${what}: at ${better === "less" ? "most" : "least"} ${limit}`;
  const verdict = verdictOf(goal);
  return `${target}: ${verdict}${measured === null ? "" : ` with ${significant(measured)}`}`;
}
