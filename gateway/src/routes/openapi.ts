import { z } from "@hono/zod-openapi";
import { ERROR_STATUS, type ErrorCode, functionNameSchema, problemSchema } from "@mayfly/contract";

/** `{ name }` in a path. */
export const nameParams = z.object({ name: functionNameSchema });

/**
 * Names a schema of the contract in the document. Zod gives methods to each schema when it is made, so one that was
 * made before `@hono/zod-openapi` was loaded has no `openapi`; its clone has.
 */
export function component<T extends z.ZodType>(name: string, schema: T): T {
  return schema.clone().openapi(name);
}

const problem = component("Problem", problemSchema);

/** An answer in JSON, for a route's description. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** A JSON body, for a route's description; `readJson` reads it. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { "application/json": { schema } } };
}

/** The refusals of a route, by status, each with the codes that it may carry. */
export function refusals(...codes: ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of ["unauthenticated", "forbidden", ...codes] as const) {
    const status = ERROR_STATUS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [
      status,
      { description: all.join(", "), content: { "application/problem+json": { schema: problem } } },
    ]),
  );
}
