import { describe, expect, test } from "vitest";
import { parkedWanted, shareParked } from "./parked-counts.ts";
import { Use } from "./use.ts";

describe("how many copies a zygote wants at hand", () => {
  test.each([
    [0, 4],
    [1, 4],
    [75, 4],
    [125, 7],
    [200, 21],
  ])("at %d calls a second: %d", (rate, count) => {
    expect(parkedWanted(rate)).toBe(count);
  });

  test("has an end, also where calls come faster than copies are made", () => {
    expect(parkedWanted(1e6)).toBeLessThan(100);
  });
});

describe("a ceiling over all zygotes", () => {
  test("gives each what it wants while that is enough", () => {
    expect(shareParked([125, 0], 16)).toEqual([7, 4]);
  });

  test("leaves one for each where it is not, and the rest to the most used", () => {
    expect(shareParked([0, 200, 1, 125], 8)).toEqual([1, 5, 1, 1]);
    expect(shareParked([1, 3, 2], 2)).toEqual([0, 1, 1]);
    expect(shareParked([9], 0)).toEqual([0]);
  });
});

test("use fades: what was called a minute ago counts for less than what is called now", () => {
  const use = new Use(20_000);
  for (let call = 0; call < 10; call++) use.called(0);
  expect(use.callsAt(0)).toBe(10);
  expect(use.rateAt(0)).toBe(0.5);
  expect(use.callsAt(60_000)).toBeCloseTo(0.5, 1);
});

test("a steady rate is told as that rate", () => {
  const use = new Use(20_000);
  for (let ms = 0; ms < 200_000; ms += 10) use.called(ms);
  expect(use.rateAt(200_000)).toBeCloseTo(100, 0);
});
