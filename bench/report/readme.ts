import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { plotOf } from "./plot.ts";
import { closedFigures, figuresIn, type Report } from "./report.ts";
import { newestReport } from "./results.ts";
import { type Cell, mib, significant, table } from "./table.ts";

const PLOT = "docs/latency-over-rate.svg";
const BEGIN = "<!-- figures: npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

/** What of a repository follows from its newest report, by path; without one the README holds no figures. */
export async function derivedFrom(repository: string): Promise<ReadonlyMap<string, string>> {
  const report = await newestReport(join(repository, "bench/results"));
  const readme = await readFile(join(repository, "README.md"), "utf8");
  const derived = new Map([["README.md", withFigures(readme, report)]]);
  if (report !== null) derived.set(PLOT, plotOf(report));
  return derived;
}

/** Writes it. @returns the paths */
export async function fillReadme(repository: string): Promise<string[]> {
  const derived = await derivedFrom(repository);
  for (const [path, text] of derived) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  return [...derived.keys()];
}

/** @throws Error where the README has no place for them */
export function withFigures(readme: string, report: Report | null): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no "${BEGIN}" … "${END}"`);
  const between = report === null ? "\n" : `\n${figures(report)}\n`;
  return `${readme.slice(0, begin + BEGIN.length)}${between}${readme.slice(end)}`;
}

const SHOWN = [
  ["mayfly-fork", "Mayfly over HTTP, fork (the default)"],
  ["mayfly-exec", "Mayfly over HTTP, exec"],
  ["bullmq-bare", "bare BullMQ round trip, no process"],
  ["node", "bare node, no isolation"],
  ["bubblewrap", "bubblewrap + node"],
  ["crun", "crun + node"],
  ["runc", "runc + node"],
  ["docker", "docker run + node"],
] as const;

function figures(report: Report): string {
  const { host, commit, date } = report;
  const rows = SHOWN.flatMap(([id, title]): Cell[][] => {
    const [one, eight] = [closedFigures(report, id, 1), closedFigures(report, id, 8)];
    if (one === null) return [];
    return [[title, one.p50Ms, one.p99Ms, eight?.perSecond ?? null, one.cpuMsPerCall]];
  });
  const columns = [
    "one call of hello at a time",
    "p50 ms",
    "p99 ms",
    "per second, 8 in flight",
    "CPU ms per call",
  ];
  const facts = [...rates(report), ...memory(report)];
  return [
    `Measured ${date.slice(0, 10)} at commit ${commit} on ${host.cores} cores (${host.cpu}), Linux ${host.kernel}; all of it in [bench/results/latest.md](bench/results/latest.md).`,
    table(columns, rows),
    facts.map((fact) => `- ${fact}`).join("\n"),
    `![Latency over arrivals per second](${PLOT})`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function rates({ open }: Report): string[] {
  return open.flatMap((one) => {
    if (!("windows" in one) || one.sustained === null) return [];
    const { sustained, at80, title } = one;
    const at =
      at80 === null
        ? ""
        : `; at 80 % of it p50 ${significant(at80.p50Ms)} ms, p99 ${significant(at80.p99Ms)} ms`;
    return [
      `${title}: ${significant(sustained.perSecond)} calls a second sustained for ${Math.round(sustained.seconds)} s without an error${at}`,
    ];
  });
}

function memory(report: Report): string[] {
  const measured = figuresIn(report.memory);
  if (measured === null) return [];
  const parts = `${significant(mib(measured.idlePssBytes))} MiB at rest (gateway, worker, zygote, Redis, parked copies)`;
  return [`memory: ${parts}, ${significant(mib(measured.runningPssBytes))} MiB more for each call at work`];
}
