import type { Starts } from "../machine/worker-view.ts";

export type Cell = string | number | null;

/** A table of Markdown: text to the left, numbers to the right. What is null, or missing at a row's end, is a dash. */
export function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const toTheRight = columns.map((_, at) => rows.some((row) => isNumeric(row[at] ?? null)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    `|${toTheRight.map((right) => (right ? "--:" : "---")).join("|")}|`,
    ...rows.map((row) => line(columns.map((_, at) => shown(row[at] ?? null)))),
  ].join("\n");
}

/** A count is text, since it has no digits behind a point. */
const isNumeric = (cell: Cell) => typeof cell === "number" || /^[\d,]+$/.test(cell ?? "");

function shown(cell: Cell): string {
  if (typeof cell !== "number") return cell ?? "–";
  return significant(cell);
}

/** Three digits are what a benchmark is good for. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = value === 0 ? 0 : Math.max(0, Math.min(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** In which way the processes began, in parts of a hundred. */
export function shareOfStarts(starts: Starts | null): string | null {
  if (starts === null) return null;
  const { parked, onDemand, boot } = starts;
  const percent = (count: number) => Math.round((100 * count) / Math.max(1, parked + onDemand + boot));
  return `${percent(parked)} / ${percent(onDemand)} / ${percent(boot)}`;
}

export const mib = (bytes: number): number => bytes / 1024 ** 2;
