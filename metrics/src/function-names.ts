/** No function can have this name: names begin with a letter or a digit. */
export const OTHER_FUNCTIONS = "_other";

/**
 * The values that the label `function` may take. Above the cap all further functions share one value, so that totals
 * stay right whatever somebody deploys, and a scrape stays of a size that a worker can write between two jobs.
 */
export class FunctionNames {
  readonly #max: number;
  readonly #known = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The label's value for a function, and whether it is seen for the first time. */
  admit(name: string): { label: string; isNew: boolean } {
    if (this.#known.has(name)) return { label: name, isNew: false };
    if (this.#known.size >= this.#max) return { label: OTHER_FUNCTIONS, isNew: false };
    this.#known.add(name);
    return { label: name, isNew: true };
  }

  /** Forgets all but the given functions. @returns the forgotten ones */
  retain(names: readonly string[]): string[] {
    const kept = new Set(names);
    const forgotten = [...this.#known].filter((name) => !kept.has(name));
    for (const name of forgotten) this.#known.delete(name);
    return forgotten;
  }
}
