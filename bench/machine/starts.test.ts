import { expect, it } from "vitest";
import { countingStarts, sumOfStarts } from "./starts.ts";

const one = { parked: 1, onDemand: 2, boot: 3 };

it("starts of several rounds are one count, and none where one of them has none", () => {
  expect(sumOfStarts([one, one])).toEqual({ parked: 2, onDemand: 4, boot: 6 });
  expect(sumOfStarts([one, null])).toBeNull();
});

it("without a system nothing is counted", async () => {
  expect(await countingStarts(null, async () => 7)).toEqual({ result: 7, starts: null });
});
