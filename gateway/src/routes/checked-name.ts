import { MayflyError } from "@mayfly/contract";
import type { z } from "zod";

/** @throws MayflyError `invalidName`, with what a name may be */
export function checkedName(name: string, schema: z.ZodType<string>): string {
  const parsed = schema.safeParse(name);
  if (parsed.success) return parsed.data;
  const rule = parsed.error.issues[0]?.message ?? "it is no name";
  throw new MayflyError("invalidName", `${JSON.stringify(name.slice(0, 100))} is no name here: ${rule}.`);
}
