import { expect, test } from "vitest";
import { createGate } from "./gate.ts";

test("no more than the width run at once, in the order in which they came, failures included", async () => {
  const gate = createGate(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const all = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) =>
      gate(async () => {
        begun.push(i);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        if (i % 3 === 0) throw new Error("no");
        return i;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(all.filter(({ status }) => status === "rejected")).toHaveLength(4);
});
