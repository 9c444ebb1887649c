import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };

it("gives the example's percentiles", () => {
  const { stdout, status } = run(JSON.stringify(example));
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    count: 10,
    mean: 34.925,
    min: 9,
    p50: 10.25,
    p90: 14,
    p99: 250,
    max: 250,
  });
});

it("sorts by value: negative numbers, exponents, and a list written over many lines", () => {
  const { stdout } = run(JSON.stringify([2, -10, 1e3, 0.5], null, 2));
  expect(JSON.parse(stdout)).toMatchObject({ min: -10, p50: 0.5, max: 1000 });
});

it.each(["[]", "null", '{"a":1}', '["x"]'])(
  "leaves with status 2, and says what it takes, for %s",
  (event) => {
    const { stdout, stderr, status } = run(event);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("a list of numbers");
  },
);

function run(input: string) {
  return spawnSync(join(import.meta.dirname, "run.sh"), { input, encoding: "utf8" });
}
