import { z } from "@hono/zod-openapi";
import { ERROR_STATUS, type ErrorCode, functionNameSchema, problemSchema } from "@mayfly/contract";

/** `{ name }` in a path. */
export const nameParams = z.object({
  name: functionNameSchema.openapi({ param: { name: "name", in: "path" }, example: "thumbnail" }),
});

const problem = problemSchema.openapi("Problem");

/** An answer in JSON, for a route's description. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
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
