import type { Host } from "../machine/host.ts";
import type { ClosedMeasured } from "../sections/closed-loop.ts";
import type { ColdFigures } from "../sections/cold-start.ts";
import type { GrowthFigures } from "../sections/growth.ts";
import type { MemoryFigures } from "../sections/memory.ts";
import type { NotMeasured } from "../sections/not-measured.ts";
import type { OpenMeasured } from "../sections/open-loop.ts";
import type { Settings } from "../settings.ts";
import type { Figures } from "../statistics/figures.ts";

/** Null: nobody asked for it. */
export type Whole<T> = { readonly figures: T } | NotMeasured | null;

export interface Measurements {
  readonly closed: readonly ClosedMeasured[];
  readonly open: readonly OpenMeasured[];
  readonly memory: Whole<MemoryFigures>;
  readonly coldStart: Whole<readonly ColdFigures[]>;
  readonly growthFunctions: Whole<readonly GrowthFigures[]>;
  readonly growthInFlight: Whole<readonly GrowthFigures[]>;
  readonly growthQueue: Whole<readonly GrowthFigures[]>;
}

/** What is written to `<date>-<commit>.json`. Earlier files without `format` hold less, and are left alone. */
export interface Report extends Measurements {
  readonly format: 2;
  readonly date: string;
  readonly commit: string;
  readonly minutes: number;
  readonly host: Host;
  readonly settings: Settings;
}

export function closedFigures(
  { closed }: Pick<Measurements, "closed">,
  id: string,
  inFlight: number,
): Figures | null {
  const one = closed.find((measured) => measured.id === id);
  return (one && "figures" in one && one.figures.find((of) => of.inFlight === inFlight)) || null;
}

export function figuresIn<T>(whole: Whole<T>): T | null {
  return whole !== null && "figures" in whole ? whole.figures : null;
}
