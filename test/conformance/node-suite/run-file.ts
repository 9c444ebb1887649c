import type { InvocationRecord, Isolation } from "@mayfly/contract";
import type { System } from "../../support/system.ts";
import { invocationIdOf } from "../../support/system.ts";
import { untilStartedBy } from "../deploy-asking.ts";

/** `passed`, `skipped`, or how it failed, in one line. */
export type Verdict = string;

/** Runs one of Node's test files, in a process of its own. */
export async function runFile(system: System, isolation: Isolation, file: string): Promise<Verdict> {
  const call = () => system.call(`node-suite-${isolation}`, { file });
  const { answer, record } = await untilStartedBy(isolation, call, system);
  const { lines } = await system.logs(invocationIdOf(answer));
  return verdictOf(
    record,
    lines.map(({ text }) => text),
  );
}

/** A test that leaves by itself with status 0 has passed; Node's say "1..0 # Skipped" where they cannot run. */
function verdictOf({ outcome }: InvocationRecord, log: readonly string[]): Verdict {
  if (outcome === null) return "no outcome";
  if (outcome.kind === "exited" && outcome.exitCode === 0)
    return log.some((line) => line.startsWith("1..0 # Skipped")) ? "skipped" : "passed";
  const { kind, exitCode, signal, errorType, errorMessage } = outcome;
  const what = [kind, exitCode, signal, errorType, errorMessage?.split("\n")[0]];
  return what.filter((part) => part !== undefined && part !== null).join(" ");
}
