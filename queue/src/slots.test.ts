import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

test("work beyond the slots waits until one is free", async () => {
  const slots = new Slots(1);
  const first = Promise.withResolvers<void>();
  const using = slots.use(() => first.promise);
  let freed = false;
  const waiting = slots.free().then(() => {
    freed = true;
  });
  await Promise.resolve();
  expect([slots.busy, freed]).toEqual([1, false]);
  first.resolve();
  await Promise.all([using, waiting]);
  expect([slots.busy, freed]).toEqual([0, true]);
});

test("a slot is free again after work that failed", async () => {
  const slots = new Slots(1);
  await expect(slots.use(() => Promise.reject(new Error("boom")))).rejects.toThrow("boom");
  expect(slots.busy).toBe(0);
});

test("idleness is told, or that it did not come in time", async () => {
  const slots = new Slots(2);
  const work = Promise.withResolvers<void>();
  const using = slots.use(() => work.promise);
  expect(await slots.idleWithin(5)).toBe(false);
  setTimeout(work.resolve, 5);
  expect(await slots.idleWithin(1000)).toBe(true);
  await using;
  expect(await slots.idleWithin(0)).toBe(true);
});
