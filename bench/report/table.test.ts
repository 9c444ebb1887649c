import { expect, it } from "vitest";
import { shareOfStarts, significant, table } from "./table.ts";

it("a number has three digits, and thousands are told apart", () => {
  expect([0.1234, 1.2345, 12.345, 123.45, 12_345.6, 0].map(significant)).toEqual([
    "0.12",
    "1.23",
    "12.3",
    "123",
    "12,346",
    "0",
  ]);
});

it("says how the processes began in parts of a hundred", () => {
  expect(shareOfStarts({ parked: 150, onDemand: 50, boot: 0 })).toBe("75 / 25 / 0");
  expect(shareOfStarts(null)).toBeNull();
});

it("a column of numbers stands to the right, and what is missing is a dash", () => {
  expect(
    table(
      ["what", "ms"],
      [
        ["a", 1.5],
        ["b", null],
      ],
    ),
  ).toBe("| what | ms |\n|---|--:|\n| a | 1.50 |\n| b | – |");
});
