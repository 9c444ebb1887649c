/** What a call is worth falls to a third (1/e) in this time. */
const FADES_IN_MS = 20_000;

/** How much something is used: calls, each of which counts for less the longer ago it was. */
export class Use {
  #calls = 0;
  #at = 0;

  called(nowMs: number): void {
    this.#calls = this.callsAt(nowMs) + 1;
    this.#at = nowMs;
  }

  callsAt(nowMs: number): number {
    return this.#calls * Math.exp((this.#at - nowMs) / FADES_IN_MS);
  }

  /** The rate at which calls arrive, in calls per second. */
  rateAt(nowMs: number): number {
    return (this.callsAt(nowMs) * 1000) / FADES_IN_MS;
  }
}
