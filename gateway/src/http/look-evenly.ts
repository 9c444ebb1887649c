import { setTimeout as sleep } from "node:timers/promises";
import type { MayflyError } from "@mayfly/contract";

/** Longer than any of these look-ups takes on a healthy Redis. */
const REFUSED_AFTER_MS = 25;

/**
 * Looks for something, and says no in the same time whether it is not there or is another tenant's: the two take
 * different ways through caches and Redis, which a patient stranger could measure.
 *
 * @param look gives null for both
 * @throws what `refusal` makes
 */
export async function lookEvenly<T>(look: () => Promise<T | null>, refusal: () => MayflyError): Promise<T> {
  const startedAt = performance.now();
  const found = await look();
  if (found !== null) return found;
  await sleep(Math.max(0, REFUSED_AFTER_MS - (performance.now() - startedAt)));
  throw refusal();
}
