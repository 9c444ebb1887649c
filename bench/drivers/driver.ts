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
  | { readonly driver: "http"; readonly url: string }
  | { readonly driver: "producer"; readonly redisUrl: string }
  | { readonly driver: "sandboxed-processor"; readonly redisUrl: string }
  | { readonly driver: "process"; readonly peer: string };

/** The function that Mayfly's trials call. */
export const FUNCTION_NAME = "bench-double";

/** @throws Error where the work was not done: a fast wrong answer is none */
export function verify(n: number, result: unknown): void {
  if ((result as { doubled?: unknown } | null)?.doubled !== n * 2)
    throw new Error(`the result of ${n} is ${JSON.stringify(result)}`);
}
