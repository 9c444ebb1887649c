import type { Pixels } from "./codec.ts";

/**
 * Makes a picture fit into a box; a picture that fits already stays as it is. Each new pixel is the average of the
 * area that it covers, with colours weighted by alpha, so that what is invisible does not tint the edges.
 */
export function scaleDown(source: Pixels, maxWidth: number, maxHeight: number): Pixels {
  const scale = Math.min(maxWidth / source.width, maxHeight / source.height);
  if (scale >= 1) return source;
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const columns = spans(source.width, width);
  const rows = spans(source.height, height);
  const data = new Uint8Array(width * height * 4);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries())
      data.set(averageOf(source, column, row), (y * width + x) * 4);
  }
  return { width, height, data };
}

/** Which source pixels make up each target pixel along one side, and how much of the first and last one. */
interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

function spans(from: number, to: number): Span[] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    const start = i * step;
    const end = Math.min(from, start + step);
    const first = Math.floor(start);
    const weights = Array.from(
      { length: Math.ceil(end) - first },
      (_, k) => Math.min(end, first + k + 1) - Math.max(start, first + k),
    );
    return { first, weights };
  });
}

function averageOf({ data, width }: Pixels, column: Span, row: Span): [number, number, number, number] {
  let red = 0;
  let green = 0;
  let blue = 0;
  let alpha = 0;
  let area = 0;
  for (const [j, rowWeight] of row.weights.entries()) {
    for (const [i, columnWeight] of column.weights.entries()) {
      const at = ((row.first + j) * width + column.first + i) * 4;
      const weight = rowWeight * columnWeight;
      const opaque = weight * (data[at + 3] ?? 0);
      red += (data[at] ?? 0) * opaque;
      green += (data[at + 1] ?? 0) * opaque;
      blue += (data[at + 2] ?? 0) * opaque;
      alpha += opaque;
      area += weight;
    }
  }
  if (alpha === 0) return [0, 0, 0, 0];
  return [red / alpha, green / alpha, blue / alpha, alpha / area].map(Math.round) as [
    number,
    number,
    number,
    number,
  ];
}
