import { expect, test } from "vitest";
import { ENFORCEMENT } from "./enforcement.ts";
import { limitsInputSchema } from "./limits.ts";

test("every limit of the manifest has exactly one row", () => {
  const rows = ENFORCEMENT.map(({ limit }) => limit);
  expect(new Set(rows)).toEqual(new Set(Object.keys(limitsInputSchema.shape)));
  expect(rows).toHaveLength(new Set(rows).size);
});
