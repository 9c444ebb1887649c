import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { manifestJsonSchema } from "./json-schema.ts";
import { limitsInputSchema } from "./limits.ts";

const committed = JSON.parse(readFileSync(new URL("../function.schema.json", import.meta.url), "utf8"));

it("function.schema.json is in step with the manifest (else: npm run schema -w contract)", () => {
  expect(committed).toEqual(manifestJsonSchema());
});

it("it asks for what people must write, and for nothing that has a default", () => {
  expect(committed.required).toEqual(["name", "runtime", "entry"]);
});

it("it refuses unknown keys and lists every limit, so that editors complete them", () => {
  expect(committed.additionalProperties).toBe(false);
  expect(Object.keys(committed.properties.limits.properties)).toEqual(Object.keys(limitsInputSchema.shape));
});
