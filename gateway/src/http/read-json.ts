import { explainIssues, MayflyError } from "@mayfly/contract";
import type { z } from "zod";
import { parseJson } from "./parse-json.ts";
import { readBody } from "./read-body.ts";

/** What such bodies hold are a few words; secrets are the longest. */
const MAX_BYTES = 256 * 1024;

/**
 * Reads a small JSON body.
 *
 * @throws MayflyError `unsupportedMediaType`, `payloadTooLarge`, `invalidJson`, `invalidRequest`
 */
export async function readJson<T extends z.ZodType>(request: Request, schema: T): Promise<z.output<T>> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new MayflyError(
      "unsupportedMediaType",
      "The body must be JSON: send Content-Type: application/json.",
    );
  }
  const body = parseJson(await readBody(request, MAX_BYTES, "The body"));
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = explainIssues(parsed.error, schema, body);
  throw new MayflyError("invalidRequest", `The body is not right: ${faults.join("; ")}.`, {
    facts: { faults },
  });
}
