import { z } from "zod";

/**
 * Says a zod error as sentences for people, each with its path; an unknown key gets the nearest known one named.
 *
 * @param schema the object schema that was applied, from which the known keys are read
 */
export function explainIssues(error: z.ZodError, schema: z.ZodType, input: unknown): string[] {
  const faults = error.issues.slice(0, MOST_FAULTS).flatMap((issue) => {
    const path = issue.path.map(shorten);
    if (issue.code !== "unrecognized_keys") return [`${path.join(".") || "it"}: ${withInput(issue, input)}`];
    const known = keysAt(schema, path);
    return issue.keys.slice(0, MOST_FAULTS).map((sent) => {
      const key = shorten(sent);
      const nearest = nearestOf(key, known);
      const hint = nearest === null ? ` (known: ${known.join(", ")})` : `; did you mean "${nearest}"?`;
      return `unknown key "${[...path, key].join(".")}"${hint}`;
    });
  });
  return faults.slice(0, MOST_FAULTS);
}

/** Who sends a million wrong keys is told of some. */
const MOST_FAULTS = 20;
const MOST_KEY_CHARACTERS = 100;

function shorten(key: PropertyKey): string {
  const text = String(key);
  return text.length <= MOST_KEY_CHARACTERS ? text : `${text.slice(0, MOST_KEY_CHARACTERS)}…`;
}

function withInput(issue: z.core.$ZodIssue, input: unknown): string {
  const got = issue.path.reduce<unknown>(
    (at, key) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
  return got === undefined ? "is missing" : reasonOf(issue);
}

/** What zod says of a union that has no message of its own. */
const NO_BRANCH_FITS = "Invalid input";

/** Zod keeps one level below why a record's key was refused, and why each branch of a union was. */
function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return issue.issues.map(reasonOf).join("; ");
  if (issue.code === "invalid_union" && issue.message === NO_BRANCH_FITS)
    return [...new Set(issue.errors.flat().map(reasonOf))].join(", or ");
  return issue.message;
}

function keysAt(schema: z.ZodType, path: readonly string[]): string[] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchemaNode;
  const at = path.reduce<JsonSchemaNode | undefined>(
    (node, key) => node?.properties?.[key] ?? node?.items ?? node?.additionalProperties,
    json,
  );
  return [...Object.keys(at?.properties ?? {}), ...(at?.propertyNames?.enum ?? [])];
}

/** The parts of a JSON Schema in which keys are named; `additionalProperties` is a schema below a record alone. */
interface JsonSchemaNode {
  properties?: Record<string, JsonSchemaNode>;
  items?: JsonSchemaNode;
  additionalProperties?: JsonSchemaNode;
  propertyNames?: { enum?: string[] };
}

/** The known word that is at most a third of its letters away, by Levenshtein's distance; null if none is. */
export function nearestOf(word: string, known: readonly string[]): string | null {
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(2, candidate.length / 3) && (best === null || distance < best.distance)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word ?? null;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
