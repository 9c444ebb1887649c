/** Below this the two ends are the same rate, for a machine that is never twice alike. */
const PRECISION = 0.03;
/** Beyond what was seen to be possible in a closed loop there is nothing to find. */
const HEADROOM = 1.1;
const LOWEST = 0.4;

/**
 * Finds the highest rate that is sustained, between 40 and 110 % of what a closed loop made: by halving, since a rate
 * that is not sustained leaves a backlog, and the higher it is the longer that takes to clear.
 *
 * @param capacity calls per second of a closed loop
 * @returns the highest rate that held, or null where even the lowest did not
 */
export async function searchRate(
  capacity: number,
  maxTries: number,
  holds: (perSecond: number) => Promise<boolean>,
): Promise<number | null> {
  let low: number | null = null;
  let high = capacity * HEADROOM;
  let next = capacity * 0.85;
  for (let tries = 0; tries < maxTries; tries++) {
    if (await holds(next)) low = next;
    else high = next;
    const floor = low ?? capacity * LOWEST;
    if (high - floor < capacity * PRECISION) break;
    next = (floor + high) / 2;
  }
  return low;
}
