import { type CgroupMode, ENFORCEMENT, type Enforcement } from "@mayfly/contract";
import { pairs, table } from "../table.ts";
import type { Check } from "./check.ts";

/** One line a check, and below it what mends it. */
export function checksText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, verdict, found, remedy }) => {
      const mend = remedy === null ? "" : `\n        ${" ".repeat(width)}→ ${remedy}`;
      return `${verdict}  ${name.padEnd(width)}  ${found}${mend}\n`;
    })
    .join("");
}

const WORDS: Record<Enforcement, string> = {
  enforced: "enforced",
  bestEffort: "best effort",
  refused: "refused",
};

/** What each limit of a manifest is worth in the cgroup mode of this machine. */
export function enforcementText(mode: CgroupMode | null): string {
  if (mode === null)
    return `${pairs([["cgroups", "no mode was found, so nothing can be said of the limits"]])}\n`;
  const rows = ENFORCEMENT.map(({ limit, level, reason }) => [limit, WORDS[level[mode]], reason]);
  return `What a limit is worth here (cgroup ${mode}):\n\n${table(["limit", "worth", "why"], rows)}\n`;
}
