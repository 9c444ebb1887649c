const GAP = "  ";

/** A table for people: columns as wide as their widest cell; an empty one where there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return columns([head.map((name) => name.toUpperCase()), ...rows]);
}

/** Names on the left, values on the right. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  return columns(rows);
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join(GAP)
        .trimEnd(),
    )
    .join("\n");
}
