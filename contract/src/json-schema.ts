import { z } from "zod";
import { manifestSchema } from "./manifest.ts";

/**
 * The JSON Schema of `function.json`, for editors: `"$schema": "…/function.schema.json"` in a manifest makes them
 * complete and check it. It says what people may write (sizes as text, defaults left out), not what comes of it.
 */
export function manifestJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(manifestSchema, { io: "input", unrepresentable: "any" });
  return {
    title: "Mayfly function",
    description: "function.json, the manifest of a Mayfly function",
    ...schema,
  };
}
