import { expect, it } from "vitest";
import { sumOfStarts, viewedByWorker } from "./worker-view.ts";

const one = { parked: 1, onDemand: 2, boot: 3 };

it("starts of several rounds are one count, and none where one of them has none", () => {
  expect(sumOfStarts([one, one])).toEqual({ parked: 2, onDemand: 4, boot: 6 });
  expect(sumOfStarts([one, null])).toBeNull();
});

it("without a system there is nothing to see", async () => {
  expect(await viewedByWorker(null, async () => 7)).toEqual({ result: 7, view: null });
});
