import type { DriverSpec } from "../drivers/driver.ts";
import type { BenchFunction, SystemName, Systems } from "../systems.ts";

/** A row of the table: what is measured, and what a call of it goes through. */
interface Named {
  readonly id: string;
  readonly title: string;
  /** What a call goes through, and what stands around the function while it runs. */
  readonly what: string;
}

/** So many calls in flight, each begun when the last is over. */
export interface ClosedTrial extends Named {
  readonly kind: "closed-loop";
  /** The Mayfly that it calls over HTTP or Redis, where it does. */
  readonly system?: SystemName;
  /** Default: all that are measured. */
  readonly inFlight?: readonly number[];
  /** Between two calls: what is made ahead is ready again by then. */
  readonly pauseMs?: number;
  /** Which driver makes the calls; Mayfly's need its address, so they are made once it runs. */
  spec(systems: Systems): Promise<DriverSpec>;
}

/** A constant rate of arrivals, and the highest that holds. */
export interface OpenTrial extends Named {
  readonly kind: "open-loop";
  readonly of: BenchFunction & { readonly workload: "hello" | "real" };
}

/** What needs the whole machine's attention. */
export interface WholeTrial extends Named {
  readonly kind: "memory" | "cold-start" | "growth-functions" | "growth-in-flight" | "growth-queue";
}

export type Trial = ClosedTrial | OpenTrial | WholeTrial;
