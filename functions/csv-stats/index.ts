import { parseCsv } from "./parse-csv.ts";

interface CsvEvent {
  /** The text of a CSV file whose first row names the columns. */
  readonly csv: string;
  /** The column whose values make the groups; without it all rows are one. */
  readonly groupBy?: string;
  readonly delimiter?: string;
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly median: number;
}

type Row = Readonly<Record<string, string>>;

/** Sums up each numeric column, by group. A column is numeric where every cell that is not empty is a number. */
export default function csvStats({ csv, groupBy, delimiter = "," }: CsvEvent) {
  const [header, ...body] = parseCsv(csv, delimiter);
  if (header === undefined) throw new TypeError("csv is empty; its first row names the columns");
  if (groupBy !== undefined && !header.includes(groupBy))
    throw new TypeError(`there is no column "${groupBy}"; the columns are ${header.join(", ")}`);

  const rows = body.map(
    (cells): Row => Object.fromEntries(header.map((name, i) => [name, cells[i]?.trim() ?? ""])),
  );
  const numeric = header.filter((name) => name !== groupBy && isNumeric(rows, name));
  const groups = Map.groupBy(rows, (row) => (groupBy === undefined ? "all" : (row[groupBy] ?? "")));
  console.log(`${rows.length} rows, ${groups.size} groups, numeric: ${numeric.join(", ")}`);
  return {
    rows: rows.length,
    columns: header,
    numeric,
    groups: Object.fromEntries([...groups].map(([group, members]) => [group, summarise(members, numeric)])),
  };
}

function isNumeric(rows: readonly Row[], column: string): boolean {
  const cells = rows.map((row) => row[column]).filter((cell) => cell !== "");
  return cells.length > 0 && cells.every((cell) => Number.isFinite(Number(cell)));
}

function summarise(rows: readonly Row[], columns: readonly string[]) {
  const summaries = columns.flatMap((column) => {
    const values = rows.flatMap((row) => (row[column] === "" ? [] : [Number(row[column])]));
    return values.length === 0 ? [] : [[column, summaryOf(values)] as const];
  });
  return { rows: rows.length, columns: Object.fromEntries(summaries) };
}

function summaryOf(values: number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const sum = sumOf(values);
  return {
    count: values.length,
    sum,
    mean: sum / values.length,
    min: at(0),
    max: at(sorted.length - 1),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
  };
}

/** Neumaier's compensated sum: a million prices do not drift by their rounding errors. */
function sumOf(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}
