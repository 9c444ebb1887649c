import { describe, expect, it } from "vitest";
import example from "./example.json" with { type: "json" };
import csvStats from "./index.ts";
import { parseCsv } from "./parse-csv.ts";

it("sums up the example by river, and leaves an empty cell out of the mean", () => {
  const result = csvStats(example);
  expect(result).toMatchObject({ rows: 6, numeric: ["temperature_c", "nymphs"] });
  expect(Object.keys(result.groups)).toEqual(["Avon", "Test"]);
  expect(result.groups["Avon"]?.columns["nymphs"]).toEqual({
    count: 2,
    sum: 145,
    mean: 72.5,
    min: 61,
    max: 84,
    median: 72.5,
  });
  expect(result.groups["Test"]?.columns["temperature_c"]).toMatchObject({
    count: 3,
    median: 11.1,
    max: 11.3,
  });
});

it("makes one group of all rows where none is named", () => {
  expect(csvStats({ csv: "a;b\n1;x\n2;y\n", delimiter: ";" }).groups).toEqual({
    all: { rows: 2, columns: { a: { count: 2, sum: 3, mean: 1.5, min: 1, max: 2, median: 1.5 } } },
  });
});

it("does not drift by rounding errors", () => {
  const csv = `price\n${"0.1\n".repeat(10_000)}`;
  expect(csvStats({ csv }).groups["all"]?.columns["price"]?.sum).toBe(1000);
});

it("names the columns where the one asked for is not among them", () => {
  expect(() => csvStats({ csv: "a,b\n1,2", groupBy: "c" })).toThrow('no column "c"; the columns are a, b');
});

describe("reading CSV", () => {
  it.each([
    ["quoted delimiters, line ends and quotes", 'a,"b,\n""c"""\n', [["a", 'b,\n"c"']]],
    ["both line ends, and none at the end", "a\r\nb\nc", [["a"], ["b"], ["c"]]],
    [
      "empty cells, but no empty lines",
      "a,,\n\n,b,\n",
      [
        ["a", "", ""],
        ["", "b", ""],
      ],
    ],
    ["a byte order mark", "\uFEFFa,b\n", [["a", "b"]]],
  ])("takes %s", (_, text, rows) => {
    expect(parseCsv(text, ",")).toEqual(rows);
  });

  it("names the line of a quote that is never closed", () => {
    expect(() => parseCsv('a,b\n1,"2\n3', ",")).toThrow("line 2 is never closed");
  });
});
