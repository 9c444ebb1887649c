import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** What the trials call. Each is a file of this folder, and the same for Mayfly and for its peers. */
export const WORKLOADS = ["hello", "real"] as const;
export type Workload = (typeof WORKLOADS)[number];

/** How many different events there are: few enough to know every answer before the clock runs. */
export const EVENTS = 64;

export const eventOf = (call: number): { readonly n: number } => ({ n: call % EVENTS });

/** The JSON that each event must give: a fast wrong answer is none. */
export function expectedJson(workload: Workload): readonly string[] {
  const handler = require(`./${workload}.cjs`) as (event: { readonly n: number }) => unknown;
  return Array.from({ length: EVENTS }, (_, n) => JSON.stringify(handler({ n })));
}
