import { isOurFailure, type Outcome, type OutcomeKind } from "@mayfly/contract";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printable } from "./printable.ts";

export function exitOf(kind: OutcomeKind): ExitCode {
  if (kind === "ok") return EXIT.ok;
  return isOurFailure(kind) ? EXIT.mayflyFailed : EXIT.functionFailed;
}

/** How it ended, for people: the kind, what it said, and the user's own lines where it threw. */
export function outcomeText({ kind, message, errorType, errorMessage, stack }: Outcome): string {
  const said = stack ?? (errorType === undefined ? message : `${errorType}: ${errorMessage ?? ""}`);
  return printable(said === undefined ? kind : `${kind}: ${said}`);
}
