import { constants } from "node:os";

/** The name that a number has by itself stands first in Node's list, its old synonyms (SIGIOT, SIGPOLL) later. */
const NAMES = new Map(
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .reverse(),
);

/** The kernel's first real-time signal, called SIGRTMIN by bash. C libraries keep some for themselves and count from there. */
const FIRST_REAL_TIME = 34;

/** The name of a signal, as `kill -l` says it. */
export function signalName(number: number): string {
  const offset = number - FIRST_REAL_TIME;
  return NAMES.get(number) ?? (offset <= 0 ? "SIGRTMIN" : `SIGRTMIN+${offset}`);
}
