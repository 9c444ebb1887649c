import { setTimeout } from "node:timers/promises";

const FIRST_MS = 100;
const LONGEST_MS = 5000;

/**
 * Makes starts that fail take their time. A slot whose starts fail at once would be the first to be free again, and
 * one broken worker would take, and fail, what all the others could run.
 */
export class StartPause {
  readonly #stopping: AbortSignal;
  #failuresInRow = 0;

  /** @param stopping ends every pause */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
  }

  /** A start failed: waits, the longer the more of them failed before it. */
  async next(): Promise<void> {
    const ms = Math.min(FIRST_MS * 2 ** this.#failuresInRow++, LONGEST_MS);
    await setTimeout(ms, undefined, { signal: this.#stopping }).catch(() => undefined);
  }

  /** A start succeeded. */
  reset(): void {
    this.#failuresInRow = 0;
  }
}
