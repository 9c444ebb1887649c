import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "./host.ts";
import type { Measured, Settings } from "./measure.ts";
import { type Figures, ratioOf } from "./statistics.ts";

export interface Report {
  readonly date: string;
  readonly commit: string;
  readonly host: Host;
  readonly settings: Settings;
  readonly subjects: readonly Measured[];
}

/** What stands above every table, so that no figure travels without it. */
export const WHAT_IS_MEASURED = [
  "Measured: one call of a function that does next to nothing, from the request to its result, every result verified.",
  "All of them run the same handler on the same Node binary, NODE_EXTRA_CA_CERTS unset, over loopback and unix sockets;",
  "each trial is a process of its own, and the subjects take turns, so that a noisy minute falls on all alike.",
  "Not measured: a function's own work, a network, many functions, a long run, memory.",
  "The median and the p99 are of the result: read from a peer's pipe, answered over HTTP, or BullMQ's returnvalue (which",
  "Mayfly gives when the sandbox is gone). Whole is the median until the caller can make the next call: a peer's process",
  "has ended by then, with a status that says whether the result is to be trusted. A ratio is the median of the rounds'",
  "own ratios.",
];

const BASELINE = "node";

/** The goal of a booted process: at most one and a half of bare node's time, and less than bubblewrap's. */
export const GOAL_RATIO = 1.5;

export function markdown(report: Report): string {
  const { host, settings } = report;
  const memory = `${(host.memoryBytes / 1024 ** 3).toFixed(1)} GiB`;
  const facts = [
    `${report.date}, commit ${report.commit}`,
    `Linux ${host.kernel}, cgroup ${host.cgroupMode}, ${host.cores} cores (${host.cpu}), ${memory}, Node ${host.node}, load before ${host.loadBefore.toFixed(2)}${busy(host)}`,
    `${roundsOf(report.subjects)} of ${settings.rounds} rounds, ${settings.trialMs} ms a trial`,
  ];
  return [
    "# Benchmark\n",
    `${WHAT_IS_MEASURED.join("\n")}\n`,
    facts.map((fact) => `- ${fact}`).join("\n"),
    "",
    table(report.subjects),
    "",
    goals(report.subjects)
      .map((line) => `- ${line}`)
      .join("\n"),
    "",
    "What stands around the function:\n",
    report.subjects.map(({ title, what }) => `- **${title}**: ${what}`).join("\n"),
    "",
  ].join("\n");
}

/** Fewer than were asked for where the time ran out. */
function roundsOf(subjects: readonly Measured[]): number {
  const counts = subjects.flatMap((one) =>
    "figures" in one ? one.figures.map(({ roundMediansMs }) => roundMediansMs.length) : [],
  );
  return Math.max(0, ...counts);
}

function busy({ loadBefore, cores }: Host): string {
  return loadBefore < cores / 2 ? "" : ": a busy machine, so only the ratios say something";
}

function table(subjects: readonly Measured[]): string {
  const rows = subjects.flatMap((subject) =>
    "notMeasured" in subject
      ? [`| ${subject.title} | | not measured: ${subject.notMeasured} | | | | |`]
      : subject.figures.map((figures) => row(subject, figures, subjects)),
  );
  return [
    "| what | in flight | median ms | p99 ms | whole ms | per second | × bare node |",
    "|---|--:|--:|--:|--:|--:|--:|",
    ...rows,
  ].join("\n");
}

function row({ title }: Measured, figures: Figures, all: readonly Measured[]): string {
  const { inFlight, medianMs, p99Ms, wholeMedianMs, perSecond } = figures;
  const numbers = [medianMs, p99Ms, wholeMedianMs, perSecond].map((value) => value.toFixed(1));
  const ratio = ratioTo(BASELINE, figures, all, "roundMediansMs")?.toFixed(2) ?? "–";
  return `| ${[title, inFlight, ...numbers, ratio].join(" | ")} |`;
}

function ratioTo(
  id: string,
  figures: Figures,
  all: readonly Measured[],
  of: "roundMediansMs" | "roundWholeMediansMs",
): number | null {
  const other = figuresAt(id, figures.inFlight, all);
  return other === undefined ? null : ratioOf(figures[of], other[of]);
}

function figuresAt(id: string, inFlight: number, all: readonly Measured[]): Figures | undefined {
  const subject = all.find((one) => one.id === id);
  return subject && "figures" in subject
    ? subject.figures.find((one) => one.inFlight === inFlight)
    : undefined;
}

/** One sentence for each goal, with one in flight: nothing waits there for anything but itself. */
export function goals(subjects: readonly Measured[]): string[] {
  const mayfly = figuresAt("mayfly-http", 1, subjects);
  if (mayfly === undefined) return ["goals: not known, since Mayfly was not measured with one in flight"];
  const compare = (name: string, id: string, atMost: number) => {
    const ratio = ratioTo(id, mayfly, subjects, "roundMediansMs");
    const whole = ratioTo(id, mayfly, subjects, "roundWholeMediansMs");
    if (ratio === null || whole === null) return `${name}: not known, since it was not measured`;
    const verdict = ratio <= atMost ? "met" : "MISSED";
    return `goal, at most ${atMost} × ${name}: ${verdict} with ${ratio.toFixed(2)} (${whole.toFixed(2)} of the whole)`;
  };
  return [compare("bare node", BASELINE, GOAL_RATIO), compare("bubblewrap + node", "bubblewrap", 1)];
}

/** Writes `<date>-<commit>.json` and `latest.md`. @returns their paths */
export async function write(report: Report, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, `${report.date.slice(0, 10)}-${report.commit}.json`);
  const latest = join(folder, "latest.md");
  await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(latest, markdown(report));
  return [json, latest];
}
