import type { GrowthFigures } from "../sections/growth.ts";
import type { ProcessTree } from "../sections/process-tree.ts";
import type { Window } from "../statistics/window.ts";
import type { Report, Whole } from "./report.ts";
import { type Cell, mib, shareOfStarts, table } from "./table.ts";

type Titled = readonly [title: string, text: string];

const notMeasured = (reason: string) => `Not measured: ${reason}`;

const RATE_COLUMNS = [
  "what",
  "arrivals per second",
  "seconds",
  "p50 ms",
  "p99 ms",
  "p99.9 ms",
  "errors",
  "CPU ms per call",
  "of it the load's",
  "parked / forked / booted %",
  "worker's event loop late by, p99 ms",
];

const RATE_NOTE = `A latency is counted from when a call was due, so that no wait is hidden. A rate holds where every call is answered
rightly and the wait does not grow.`;

export function rateTables({ open }: Report): Titled[] {
  if (open.length === 0) return [];
  const rows = open.flatMap((one): Cell[][] => {
    if ("notMeasured" in one) return [[one.title, notMeasured(one.notMeasured)]];
    return [
      windowRow(`${one.title}: the highest rate that holds`, one.sustained),
      windowRow(`${one.title}: at 80 % of it`, one.at80),
    ];
  });
  return [["Arrivals at a constant rate", `${table(RATE_COLUMNS, rows)}\n\n${RATE_NOTE}`]];
}

function windowRow(title: string, window: Window | null): Cell[] {
  if (window === null) return [title, "none held"];
  const { perSecond, seconds, p50Ms, p99Ms, p999Ms, errors } = window;
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return [
    title,
    perSecond,
    seconds,
    p50Ms,
    p99Ms,
    p999Ms,
    String(failed),
    window.cpuMsPerCall,
    window.loadCpuMsPerCall,
    shareOfStarts(window.worker?.starts ?? null),
    window.worker?.eventLoopP99Ms ?? null,
  ];
}

const PARTS: Record<keyof ProcessTree, string> = {
  redis: "Redis",
  gateway: "gateway",
  worker: "worker",
  launcher: "launcher",
  zygotes: "zygotes",
  inits: "inits of parked copies",
  mains: "parked copies",
};

export function memoryTables({ memory, coldStart }: Report): Titled[] {
  return [
    ...whole("Memory at rest", memory, ({ idle, idlePssBytes, parked, inFlight, runningPssBytes }) => {
      const rows = idle.map(({ part, processes, pssBytes, privateBytes }): Cell[] => [
        PARTS[part],
        String(processes),
        mib(pssBytes),
        mib(privateBytes),
      ]);
      const sums: Cell[][] = [
        ["**all of it**", null, mib(idlePssBytes), null],
        [
          "each parked copy with its init",
          "2",
          parked && mib(parked.pssBytes),
          parked && mib(parked.privateBytes),
        ],
        [`each of ${inFlight} calls at work, beside that`, null, mib(runningPssBytes), null],
      ];
      return table(["what", "processes", "MiB PSS", "MiB private"], [...rows, ...sums]);
    }),
    ...whole("The first call after …", coldStart, (rows) =>
      table(
        ["after", "calls", "p50 ms", "worst ms"],
        rows.map(({ after, calls, p50Ms, worstMs }) => [after, String(calls), p50Ms, worstMs]),
      ),
    ),
  ];
}

export function growthTables({ growthFunctions, growthInFlight, growthQueue }: Report): Titled[] {
  return [
    ...whole("Functions deployed", growthFunctions, (rows) =>
      growthTable("functions", rows, "× p50 of a single one", ({ ratio }) => ratio),
    ),
    ...whole("Calls in flight", growthInFlight, (rows) => growthTable("in flight", rows)),
    ...whole("Jobs queued, and one sync call at a time beside them", growthQueue, (rows) =>
      growthTable("jobs", rows, "jobs settled per second", ({ settledPerSecond }) => settledPerSecond),
    ),
  ];
}

function growthTable(
  size: string,
  rows: readonly GrowthFigures[],
  more?: string,
  valueIn: (row: GrowthFigures) => number | null = () => null,
): string {
  const columns = [size, "p50 ms", "p99 ms", "calls per second", "CPU ms per call"];
  return table(
    more === undefined ? columns : [...columns, more],
    rows.map((row) => {
      const { p50Ms, p99Ms, perSecond, cpuMsPerCall } = row.figures;
      const cells = [row.size.toLocaleString("en"), p50Ms, p99Ms, perSecond, cpuMsPerCall];
      return more === undefined ? cells : [...cells, valueIn(row)];
    }),
  );
}

function whole<T>(title: string, measured: Whole<T>, show: (figures: T) => string): Titled[] {
  if (measured === null) return [];
  return [[title, "figures" in measured ? show(measured.figures) : notMeasured(measured.notMeasured)]];
}
