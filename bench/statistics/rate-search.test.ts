import { expect, it } from "vitest";
import { searchRate } from "./rate-search.ts";

const search = async (limit: number, tries = 8) => {
  const tried: number[] = [];
  const found = await searchRate(100, tries, async (rate) => {
    tried.push(rate);
    return rate <= limit;
  });
  return { found, tried };
};

it.each([45, 70, 92, 105])("comes near %i of 100 from below", async (limit) => {
  const { found } = await search(limit);
  expect(found).toBeLessThanOrEqual(limit);
  expect(found).toBeGreaterThan(limit - 4);
});

it("gives null where nothing holds, and makes no more tries than it may", async () => {
  const { found, tried } = await search(0, 4);
  expect(found).toBeNull();
  expect(tried).toHaveLength(4);
});
