/** How much something is used: calls, each of which counts for less the longer ago it was. */
export class Use {
  readonly #fadesInMs: number;
  #calls = 0;
  #at = 0;

  /** @param fadesInMs in this time what a call is worth falls to a third (1/e) */
  constructor(fadesInMs: number) {
    this.#fadesInMs = fadesInMs;
  }

  called(nowMs: number): void {
    this.#calls = this.callsAt(nowMs) + 1;
    this.#at = nowMs;
  }

  callsAt(nowMs: number): number {
    return this.#calls * Math.exp((this.#at - nowMs) / this.#fadesInMs);
  }

  /** The rate at which calls arrive, in calls per second. */
  rateAt(nowMs: number): number {
    return (this.callsAt(nowMs) * 1000) / this.#fadesInMs;
  }
}
