import type { HttpTarget } from "./http-pool.ts";

/** Makes calls of one kind. One trial opens one driver, and verifies every result. */
export interface Driver {
  /**
   * Makes one call and resolves when its slot is free again.
   *
   * @returns when the result was there, on the clock of `performance.now()`
   */
  call(n: number): Promise<number>;
  close(): Promise<void>;
}

/** What a trial's process is told, as JSON in its argument. */
export type DriverSpec =
  | ({ readonly driver: "http" } & HttpTarget)
  | { readonly driver: "producer"; readonly redisUrl: string; readonly name: string }
  | { readonly driver: "bare-bullmq"; readonly redisUrl: string }
  | { readonly driver: "sandboxed-processor"; readonly redisUrl: string }
  | { readonly driver: "process"; readonly peer: string }
  | { readonly driver: "boot-ahead" }
  | { readonly driver: "workerd" }
  | {
      readonly driver: "launch";
      readonly isolation: Isolation;
      readonly parked: number;
    };

/** How a process of Mayfly's begins: as a copy of one that has booted, or by a boot of its own. */
export type Isolation = "fork" | "exec";

/** @throws Error where the work was not done: a fast wrong answer is none */
export function verify(n: number, json: string, expected: readonly string[]): void {
  if (json.trimEnd() !== expected[n]) throw new Error(`the result of ${n} is ${json}`);
}
