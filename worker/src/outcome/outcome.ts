import { formatSize, type Limits, type Outcome } from "@mayfly/contract";
import type { Ending } from "@mayfly/sandbox-addon";
import type { Evidence, RunnerError } from "./evidence.ts";

/** What the kernel says where no room is left on a filesystem: full, over quota, or over RLIMIT_FSIZE. */
const DISK_FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * The outcome as far as it is fixed while the process may still be there: when the handler has settled, or somebody
 * cancelled. What happens later never changes it.
 *
 * @returns null where the end must be waited for: nothing has settled, or only the kernel's counters can tell
 */
export function settledOutcome(evidence: Evidence, limits: Limits): Outcome | null {
  if (evidence.cancelled) return cancelled();
  if (evidence.result !== null) return { kind: "ok" };
  if (evidence.error !== null)
    return evidence.error.code === "EAGAIN" ? null : failed(evidence.error, limits);
  if (evidence.tooLarge !== null) return outputTooLarge(evidence.tooLarge, limits);
  return null;
}

/** The outcome of an attempt that has ended, from its evidence, by the contract's order of precedence. */
export function endedOutcome(evidence: Evidence, ending: Ending, limits: Limits): Outcome {
  return (
    settledOutcome(evidence, limits) ??
    refusedForks(evidence, ending, limits) ??
    unsettled(evidence, ending, limits)
  );
}

/** `exec` has no runner that speaks for it: its exit status and what the kernel counted must do. */
export function execOutcome(evidence: Evidence, ending: Ending, limits: Limits): Outcome {
  const endedWell = ending.exitCode === 0 && ending.killedBy === null;
  if (endedWell && evidence.result !== null) return { kind: "ok" };
  const { tmpfsPeakBytes } = ending.counters;
  const tmpfsWasFull = tmpfsPeakBytes !== null && tmpfsPeakBytes >= limits.tmpfsBytes;
  const outcome = unsettled(evidence, ending, limits);
  const isOwnFailure = outcome.kind === "exited" || outcome.kind === "signalled";
  return isOwnFailure && (tmpfsWasFull || ending.signal === "SIGXFSZ") ? diskFull(limits) : outcome;
}

function refusedForks(evidence: Evidence, ending: Ending, limits: Limits): Outcome | null {
  if (evidence.error === null) return null;
  const wereRefused = (ending.counters.pidsRefused ?? 0) > 0;
  if (!wereRefused) return failed(evidence.error, limits);
  return {
    kind: "pidsExhausted",
    message: `The function was refused another process or thread at its limit of ${limits.pidsLimit}. Start fewer at once, or raise limits.pidsLimit.`,
    ...described(evidence.error),
  };
}

function failed(error: RunnerError, limits: Limits): Outcome {
  if (error.isTimeUp) return timedOut(limits);
  if (error.code !== null && DISK_FULL.has(error.code)) return { ...diskFull(limits), ...described(error) };
  return {
    kind: "functionError",
    message: `The function failed with ${error.errorType}: ${error.errorMessage}`,
    ...described(error),
  };
}

function described({ errorType, errorMessage, stack }: RunnerError): Partial<Outcome> {
  return { errorType, errorMessage, ...(stack === null ? {} : { stack }) };
}

function unsettled(evidence: Evidence, ending: Ending, limits: Limits): Outcome {
  if (evidence.cancelled || ending.killedBy === "cancelled") return cancelled();
  if (ending.killedBy === "timedOut") return timedOut(limits);
  if (ending.killedBy === "cpuTimeExceeded") return cpuTimeExceeded(limits);
  if (ending.mainOomKilled) return outOfMemory(limits);
  if (evidence.heapOom) return heapOutOfMemory(limits);
  if (evidence.tooLarge !== null || ending.killedBy === "outputTooLarge")
    return outputTooLarge(evidence.tooLarge, limits);
  if (evidence.malformed !== null) return lied(evidence.malformed);
  if (ending.killedBy === "workerStopping")
    return { kind: "workerLost", message: "The worker was stopped before the function had answered." };
  if (ending.signal !== null) return signalled(ending.signal);
  return exited(ending.exitCode ?? 0);
}

function cancelled(): Outcome {
  return { kind: "cancelled", message: "The invocation was cancelled before the function had answered." };
}

function timedOut({ timeoutMs }: Limits): Outcome {
  return {
    kind: "timedOut",
    message: `The function did not answer within ${timeoutMs} ms. Do less in one call, or raise limits.timeoutMs.`,
  };
}

function cpuTimeExceeded({ cpuTimeMs }: Limits): Outcome {
  return {
    kind: "cpuTimeExceeded",
    message: `The function used more than ${cpuTimeMs} ms of CPU. Compute less in one call, or raise limits.cpuTimeMs.`,
  };
}

function outOfMemory({ memoryBytes }: Limits): Outcome {
  return {
    kind: "outOfMemory",
    message: `The kernel ended the function at its memory limit${sizeOf(memoryBytes)}. Hold less at once, or raise limits.memory.`,
  };
}

function heapOutOfMemory({ memoryBytes }: Limits): Outcome {
  return {
    kind: "heapOutOfMemory",
    message: `The JavaScript heap, which is sized by limits.memory${sizeOf(memoryBytes)}, is full. Hold fewer objects at once, or raise limits.memory.`,
  };
}

function diskFull({ tmpfsBytes }: Limits): Outcome {
  return {
    kind: "diskFull",
    message: `The function filled /tmp and /dev/shm, which hold ${formatSize(tmpfsBytes)} together. Write less, or raise limits.tmpfsSize.`,
  };
}

function outputTooLarge(bytes: number | null, { resultBytes }: Limits): Outcome {
  const was = bytes === null ? "is" : `has ${bytes} bytes, which is`;
  return {
    kind: "outputTooLarge",
    message: `The result ${was} over the limit of ${formatSize(resultBytes)}. Answer less, or raise limits.resultBytes.`,
  };
}

function lied(what: string): Outcome {
  const errorMessage = `The process wrote what is no answer of its runtime to descriptor 3: ${what}`;
  return { kind: "functionError", message: errorMessage, errorType: "InvalidResult", errorMessage };
}

function signalled(signal: string): Outcome {
  return { kind: "signalled", signal, message: `The function's process was ended by ${signal}.` };
}

function exited(exitCode: number): Outcome {
  const why =
    exitCode === 0
      ? "either it called exit, or it waits for a promise that nothing can settle any more"
      : "it called exit, or its runtime gave up";
  return {
    kind: "exited",
    exitCode,
    message: `The function's process left with status ${exitCode} and without a result: ${why}.`,
  };
}

function sizeOf(bytes: number | null): string {
  return bytes === null ? "" : ` of ${formatSize(bytes)}`;
}
