import { expect, it } from "vitest";
import { linearScale, linearTicks, logScale, logTicks } from "./scale.ts";

it("a linear scale runs from one end of the picture to the other", () => {
  const { at } = linearScale([0, 400], [50, 450]);
  expect([0, 100, 400].map(at)).toEqual([50, 150, 450]);
});

it("a logarithmic scale gives every power of ten the same room", () => {
  const { at } = logScale([1, 100], [300, 100]);
  expect([1, 10, 100].map(at)).toEqual([300, 200, 100]);
});

it("ticks are round numbers within the picture", () => {
  expect(logTicks([0.9, 60])).toEqual([1, 2, 5, 10, 20, 50]);
  expect(linearTicks(430)).toEqual([0, 100, 200, 300, 400]);
  expect(linearTicks(9).length).toBeLessThanOrEqual(7);
});
