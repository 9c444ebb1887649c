import type { ClosedMeasured } from "../sections/closed-loop.ts";
import { type Figures, ratioOf } from "../statistics/figures.ts";
import { goalsOf, sentenceOf } from "./goals.ts";
import { growthTables, memoryTables, rateTables } from "./more-tables.ts";
import { closedFigures, type Report } from "./report.ts";
import { type Cell, shareOfStarts, table } from "./table.ts";

/** What stands above every table, so that no figure travels without it. */
export const WHAT_IS_MEASURED = `\
Every result of every call is verified. All run the same handler on the same Node binary (workerd has its own V8),
NODE_EXTRA_CA_CERTS unset, over loopback and unix sockets, on one machine with whatever makes the calls. Each load is
made by a process of its own, and the trials take turns, so that a noisy minute falls on all alike; a ratio is the median
of the rounds' own ratios. A latency is of the result: read from a peer's pipe, answered over HTTP, or BullMQ's
returnvalue (which Mayfly gives when the sandbox is gone). Whole is the median until the caller can make the next call: a
peer's process has ended by then. A p99.9 of fewer than 1,000 calls is the worst of them. CPU is the whole machine's, from
/proc/stat, so that no process is forgotten; beside it stands the part of the process that makes the calls, which does the
work, too, where it is the launch path alone or a bare BullMQ round trip. Not measured: a network, many machines.`;

const BASELINE = "node";

export function markdown(report: Report): string {
  return [
    "# Benchmark",
    WHAT_IS_MEASURED,
    bullets(factsOf(report)),
    section("What it means to reach", bullets(goalsOf(report).map(sentenceOf))),
    section("One after the other, so many in flight", closedTable(report)),
    ...rateTables(report).map(([title, text]) => section(title, text)),
    ...memoryTables(report).map(([title, text]) => section(title, text)),
    ...growthTables(report).map(([title, text]) => section(title, text)),
    section(
      "What a call goes through, and what stands around the function",
      bullets(report.closed.map(({ title, what }) => `**${title}**: ${what}`)),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

const section = (title: string, text: string) => (text === "" ? "" : `## ${title}\n\n${text}`);
const bullets = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");

function factsOf({ date, commit, minutes, host, settings, closed }: Report): string[] {
  const memory = `${(host.memoryBytes / 1024 ** 3).toFixed(1)} GiB`;
  const busy = host.loadBefore < host.cores / 2 ? "" : ": a busy machine, so only the ratios say something";
  const { rounds, trialMs } = settings.closed;
  return [
    `${date}, commit ${commit}, ${minutes} minutes`,
    `Linux ${host.kernel}, cgroup ${host.cgroupMode}, ${host.cores} cores (${host.cpu}), ${memory}, Node ${host.node}, load before ${host.loadBefore.toFixed(2)}${busy}`,
    `${Object.values(host.versions).join("; ")}`,
    `${roundsOf(closed)} of ${rounds} rounds, ${trialMs} ms a trial`,
  ];
}

/** Fewer than were asked for where the time ran out. */
function roundsOf(closed: readonly ClosedMeasured[]): number {
  const counts = closed.flatMap((one) =>
    "figures" in one ? one.figures.map(({ roundP50sMs }) => roundP50sMs.length) : [],
  );
  return Math.max(0, ...counts);
}

function closedTable(report: Report): string {
  if (report.closed.length === 0) return "";
  const rows = report.closed.flatMap((one): Cell[][] =>
    "figures" in one
      ? one.figures.map((figures) => row(one.title, figures, report))
      : [[one.title, null, null, `not measured: ${one.notMeasured}`]],
  );
  const failed = report.closed.flatMap((one) =>
    "failures" in one ? one.failures.map((failure) => `a round of ${one.title} failed, ${failure}`) : [],
  );
  const columns = [
    "what",
    "in flight",
    "calls",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "whole p50 ms",
    "per second",
    "CPU ms per call",
    "of it the load's",
    "× bare node",
    "parked / forked / booted %",
  ];
  return [table(columns, rows), bullets(failed)].filter((part) => part !== "").join("\n\n");
}

function row(title: string, figures: Figures, report: Report): Cell[] {
  const { inFlight, p50Ms, p99Ms, p999Ms, wholeP50Ms, perSecond, cpuMsPerCall, loadCpuMsPerCall } = figures;
  const base = closedFigures(report, BASELINE, inFlight);
  return [
    title,
    String(inFlight),
    figures.calls.toLocaleString("en"),
    p50Ms,
    p99Ms,
    p999Ms,
    wholeP50Ms,
    perSecond,
    cpuMsPerCall,
    loadCpuMsPerCall,
    base && ratioOf(figures.roundP50sMs, base.roundP50sMs),
    shareOfStarts(figures.starts),
  ];
}
