import type { Window } from "../statistics/window.ts";
import type { Report } from "./report.ts";
import { linearScale, linearTicks, logScale, logTicks, type Scale } from "./scale.ts";

const SIZE = { width: 760, height: 420 };
const AREA = { left: 64, right: 600, top: 48, bottom: 364 };
/** Told apart by readers who do not tell red from green. */
const COLOURS = ["#0072b2", "#d55e00", "#7a5195", "#009e73"];

interface Series {
  readonly title: string;
  readonly colour: string;
  readonly windows: readonly Window[];
}

/** Latency over the rate of arrivals, p50 and p99, of every rate that held: an SVG that needs nothing. */
export function plotOf(report: Report): string {
  const series = report.open.flatMap((one, at): Series[] => {
    const windows = "windows" in one ? oneOfEachRate(one.windows) : [];
    return windows.length === 0
      ? []
      : [{ title: one.title, colour: COLOURS[at % COLOURS.length] ?? "", windows }];
  });
  const all = series.flatMap(({ windows }) => windows);
  const highest = Math.max(1, ...all.map(({ perSecond }) => perSecond));
  const latencies = all.flatMap(({ p50Ms, p99Ms }) => [p50Ms, p99Ms]);
  const x = linearScale([0, highest], [AREA.left, AREA.right]);
  const y = logScale([Math.min(1, ...latencies), Math.max(100, ...latencies)], [AREA.bottom, AREA.top]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<title>Latency over the rate of arrivals</title>`,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="#fff"/>`,
    text(
      AREA.left,
      24,
      "Latency in ms (p50 solid, p99 dashed) over arrivals per second",
      'font-size="14" font-weight="600"',
    ),
    ...axes(x, y, highest),
    ...series.flatMap((one, at) => [line(one, x, y, "p50Ms"), line(one, x, y, "p99Ms"), legend(one, at)]),
    text(
      AREA.left,
      SIZE.height - 8,
      `${report.host.cores} cores, ${report.date.slice(0, 10)}, commit ${report.commit}; counted from when each call was due`,
      'fill="#777"',
    ),
    "</svg>\n",
  ].join("\n");
}

/** Those that held; where a rate was looked at twice, the longer look. */
function oneOfEachRate(windows: readonly Window[]): Window[] {
  const held = windows.filter(({ sustained }) => sustained).toSorted((a, b) => a.seconds - b.seconds);
  const byRate = new Map(held.map((window) => [window.perSecond, window]));
  return [...byRate.values()].toSorted((a, b) => a.perSecond - b.perSecond);
}

function axes(x: Scale, y: Scale, highest: number): string[] {
  const rows = logTicks(y.domain).map((tick) => {
    const at = y.at(tick).toFixed(1);
    const rule = `<line x1="${AREA.left}" x2="${AREA.right}" y1="${at}" y2="${at}" stroke="#ddd"/>`;
    return rule + text(AREA.left - 8, y.at(tick) + 4, tick.toLocaleString("en"), 'text-anchor="end"');
  });
  const columns = linearTicks(highest).map((tick) => {
    const at = x.at(tick).toFixed(1);
    const mark = `<line x1="${at}" x2="${at}" y1="${AREA.bottom}" y2="${AREA.bottom + 5}" stroke="#333"/>`;
    return mark + text(x.at(tick), AREA.bottom + 20, tick.toLocaleString("en"), 'text-anchor="middle"');
  });
  const base = `<line x1="${AREA.left}" x2="${AREA.right}" y1="${AREA.bottom}" y2="${AREA.bottom}" stroke="#333"/>`;
  return [...rows, base, ...columns];
}

function line({ colour, windows }: Series, x: Scale, y: Scale, of: "p50Ms" | "p99Ms"): string {
  const points = windows.map((one) => ({ x: x.at(one.perSecond).toFixed(1), y: y.at(one[of]).toFixed(1) }));
  const dash = of === "p99Ms" ? ' stroke-dasharray="5 4"' : "";
  const path = points.map((point) => `${point.x},${point.y}`).join(" ");
  const dots = points.map((point) => `<circle cx="${point.x}" cy="${point.y}" r="2.5" fill="${colour}"/>`);
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join("")}`;
}

function legend({ title, colour }: Series, at: number): string {
  const y = AREA.top + 16 + at * 22;
  const left = AREA.right + 20;
  return `<rect x="${left}" y="${y - 9}" width="10" height="10" fill="${colour}"/>${text(left + 16, y, title)}`;
}

function text(x: number, y: number, words: string, more = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more === "" ? "" : ` ${more}`}>${escaped}</text>`;
}
