/** A copy is made in about this time where the machine has nothing else to do; they are made one at a time. */
const MADE_IN_SECONDS = 0.004;
/** One call in so many may find none at hand. */
const ONE_IN = 100;
/** Of a zygote that is hardly used: a call seldom comes alone. */
const LEAST = 4;
/** The making keeps up with no more than this much of its capacity. */
const MOST_LOAD = 0.95;

/**
 * How many copies a zygote wants to keep at hand. Making them is a queue with one server, so that `n` of them are all
 * gone at a moment with a probability of load to the power of n.
 *
 * @param rate calls per second
 */
export function parkedWanted(rate: number): number {
  const load = Math.min(rate * MADE_IN_SECONDS, MOST_LOAD);
  if (load === 0) return LEAST;
  return Math.max(LEAST, Math.ceil(-Math.log(ONE_IN) / Math.log(load)));
}

/**
 * Shares a ceiling among zygotes: one for each as far as it goes, and then what each wants; the most used go first.
 *
 * @param rates calls per second of each
 * @returns how many each keeps, in the same order
 */
export function shareParked(rates: readonly number[], ceiling: number): number[] {
  const counts = rates.map(() => 0);
  const mostUsedFirst = rates.map((rate, at) => ({ rate, at })).sort((a, b) => b.rate - a.rate);
  let left = ceiling;
  const give = (at: number, most: number) => {
    const given = Math.min(left, most);
    counts[at] = (counts[at] ?? 0) + given;
    left -= given;
  };
  for (const { at } of mostUsedFirst) give(at, 1);
  for (const { rate, at } of mostUsedFirst) give(at, parkedWanted(rate) - (counts[at] ?? 0));
  return counts;
}
