/** A fixed number of places for work. */
export class Slots {
  readonly total: number;
  #busy = 0;
  #changed = Promise.withResolvers<void>();

  constructor(total: number) {
    this.total = total;
  }

  get busy(): number {
    return this.#busy;
  }

  /** Waits until a place is free, or until somebody calls `wake`. */
  async free(): Promise<void> {
    if (this.#busy >= this.total) await this.#changed.promise;
  }

  /** Runs work in a place that is free. */
  async use(work: () => Promise<void>): Promise<void> {
    this.#busy++;
    try {
      await work();
    } finally {
      this.#busy--;
      this.wake();
    }
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** @returns whether nothing runs any more */
  async idleWithin(ms: number): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), ms);
    while (this.#busy > 0) {
      if ((await Promise.race([this.#changed.promise, late])) === "late") break;
    }
    clearTimeout(timer);
    return this.#busy === 0;
  }
}
