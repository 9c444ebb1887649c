import { parseArgs } from "node:util";
import type { Settings } from "./measure.ts";
import { SUBJECTS, type Subject } from "./subjects.ts";

const FULL: Settings = { rounds: 6, trialMs: 500, inFlight: [1, 2, 8], budgetMs: 150_000 };
/** Whether it runs at all; its figures say little. */
const QUICK: Settings = { rounds: 1, trialMs: 200, inFlight: [1, 2, 8], budgetMs: 60_000 };

export const HELP = `npm run bench -- [options]

  --quick           one short round: whether it runs, not how fast
  --rounds N        rounds over all subjects (${FULL.rounds})
  --trial-ms N      length of one trial (${FULL.trialMs})
  --only IDS        of ${SUBJECTS.map(({ id }) => id).join(",")}
  --results FOLDER  where the result is written (bench/results)
`;

export interface Options {
  readonly settings: Settings;
  readonly subjects: readonly Subject[];
  readonly results: string;
  readonly help: boolean;
}

/** @throws Error where an option is unknown or wrong */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      "trial-ms": { type: "string" },
      only: { type: "string" },
      results: { type: "string", default: new URL("./results", import.meta.url).pathname },
      help: { type: "boolean", default: false },
    },
  });
  const usual = values.quick ? QUICK : FULL;
  return {
    settings: {
      ...usual,
      rounds: count("--rounds", values.rounds) ?? usual.rounds,
      trialMs: count("--trial-ms", values["trial-ms"]) ?? usual.trialMs,
    },
    subjects: chosen(values.only),
    results: values.results,
    help: values.help,
  };
}

function count(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} is "${text}"; it takes a whole number from 1`);
  return value;
}

function chosen(only: string | undefined): readonly Subject[] {
  if (only === undefined) return SUBJECTS;
  return only.split(",").map((id) => {
    const subject = SUBJECTS.find((one) => one.id === id);
    if (subject === undefined)
      throw new Error(`there is no "${id}"; there are ${SUBJECTS.map((one) => one.id).join(", ")}`);
    return subject;
  });
}
