import { expect, it } from "vitest";
import { exampleContext } from "../example-context.ts";
import cpuBurner from "./index.ts";

const context = exampleContext("cpu-burner");

it("burns for as long as it is told, and counts the primes right", () => {
  const { primes, below, wallMs, cpuMs } = cpuBurner({ forMs: 50 }, context);
  expect(wallMs).toBeGreaterThanOrEqual(50);
  expect(cpuMs).toBeGreaterThan(0);
  expect(primes).toBe(countBySieve(below));
});

it("stops before its own timeout", () => {
  const { wallMs } = cpuBurner({ forMs: 60_000 }, { ...context, getRemainingTimeInMillis: () => 520 });
  expect(wallMs).toBeLessThan(500);
});

function countBySieve(below: number): number {
  const composite = new Uint8Array(below);
  let count = 0;
  for (let n = 2; n < below; n++) {
    if (composite[n]) continue;
    count++;
    for (let multiple = n * n; multiple < below; multiple += n) composite[multiple] = 1;
  }
  return count;
}
