import { parseArgs } from "node:util";
import { lasting, QUICK, type Settings, USUAL, USUAL_MINUTES } from "./settings.ts";
import { TRIALS } from "./trials/index.ts";
import type { Trial } from "./trials/trial.ts";

const RESULTS = new URL("./results", import.meta.url).pathname;

export const HELP = `npm run bench -- [options]

  --quick           everything once and for a moment: whether it runs, not how fast
  --only IDS        some of the trials: ${TRIALS.map(({ id }) => id).join(",")}
  --minutes N       about how long a whole run takes (${USUAL_MINUTES})
  --rounds N        how often the trials of the first table take turns (${USUAL.closed.rounds})
  --results FOLDER  where the result is written (bench/results, and nowhere where it is not a whole run)
  --readme          measures nothing: writes the figures of the newest result into README.md, and the plot into docs/
`;

export interface Options {
  readonly settings: Settings;
  readonly trials: readonly Trial[];
  /** Null: they are printed, and not kept. */
  readonly results: string | null;
  readonly action: "measure" | "readme" | "help";
}

/** @throws Error where an option is unknown or wrong */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      minutes: { type: "string" },
      rounds: { type: "string" },
      results: { type: "string" },
      readme: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = count("--minutes", values.minutes);
  const timed = values.quick ? QUICK : lasting(minutes ?? USUAL_MINUTES);
  const rounds = count("--rounds", values.rounds) ?? timed.closed.rounds;
  const isWhole = !values.quick && values.only === undefined;
  return {
    settings: { ...timed, closed: { ...timed.closed, rounds } },
    trials: chosen(values.only),
    results: values.results ?? (isWhole ? RESULTS : null),
    action: values.help ? "help" : values.readme ? "readme" : "measure",
  };
}

function count(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${name} is "${text}"; it takes a whole number from 1`);
  return value;
}

function chosen(only: string | undefined): readonly Trial[] {
  if (only === undefined) return TRIALS;
  return only.split(",").map((id) => {
    const trial = TRIALS.find((one) => one.id === id);
    if (trial === undefined)
      throw new Error(`there is no "${id}"; there are ${TRIALS.map((one) => one.id).join(", ")}`);
    return trial;
  });
}
