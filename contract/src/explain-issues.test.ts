import { expect, it } from "vitest";
import { z } from "zod";
import { explainIssues } from "./explain-issues.ts";
import { manifestSchema } from "./manifest.ts";

const least = { name: "a", runtime: "nodejs24", entry: "a.ts" };

it.each([
  [{ limit: {} }, 'unknown key "limit"; did you mean "limits"?'],
  [{ limits: { memroy: "1m" } }, 'unknown key "limits.memroy"; did you mean "memory"?'],
  [{ limits: { TimeoutMS: 1 } }, 'unknown key "limits.TimeoutMS"; did you mean "timeoutMs"?'],
  [
    { limits: { ulimits: { nofiles: { soft: 1, hard: 1 } } } },
    'unknown key "limits.ulimits.nofiles"; did you mean "nofile"?',
  ],
  [
    { limits: { ulimits: { nofile: { soft: 1, hard: 1, hrad: 1 } } } },
    'unknown key "limits.ulimits.nofile.hrad"; did you mean "hard"?',
  ],
  [
    { limits: { deviceReadBps: [{ device: "/dev/vda", rate: 1, rat: 1 }] } },
    'unknown key "limits.deviceReadBps.0.rat"; did you mean "rate"?',
  ],
  [{ retry: { xyz: 1 } }, 'unknown key "retry.xyz" (known: attempts, backoffMs, backoff)'],
])("names the nearest known key at every depth: %j", (more, sentence) => {
  expect(explain(manifestSchema, { ...least, ...more })).toEqual([sentence]);
});

it("names every unknown key, not only the first", () => {
  expect(explain(manifestSchema, { ...least, nmae: 1, entri: 2 })).toEqual([
    'unknown key "nmae"; did you mean "name"?',
    'unknown key "entri"; did you mean "entry"?',
  ]);
});

it("says that something is missing, rather than that it is undefined", () => {
  const schema = z.object({
    text: z.string(),
    kind: z.enum(["a", "b"]),
    either: z.union([z.string(), z.number()]),
  });
  expect(explain(schema, {})).toEqual(["text: is missing", "kind: is missing", "either: is missing"]);
});

it("says why each branch of a union was refused, and why a key of a record was", () => {
  const schema = z.object({
    either: z.union([z.string(), z.object({ deep: z.string() })]),
    byName: z.record(z.string().regex(/^a/, "a name begins with a"), z.number()),
  });
  expect(explain(schema, { either: 7, byName: { b: 1 } })).toEqual([
    "either: Invalid input: expected string, received number, or Invalid input: expected object, received number",
    "byName.b: a name begins with a",
  ]);
});

it("calls the whole input it, where that is what is wrong", () => {
  expect(explain(z.object({}), "text")).toEqual(["it: Invalid input: expected object, received string"]);
});

function explain(schema: z.ZodType, input: unknown): string[] {
  const { error } = schema.safeParse(input);
  if (error === undefined) throw new Error("nothing was refused");
  return explainIssues(error, schema, input);
}
