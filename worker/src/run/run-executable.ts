import type { Limits } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import type { Running } from "@mayfly/sandbox-addon";
import { nowUs, type WorkerDeps } from "../deps.ts";
import { collectLog } from "../logs/invocation-log.ts";
import { type CheckedResult, noEvidence } from "../outcome/evidence.ts";
import { execOutcome } from "../outcome/outcome.ts";
import type { ResultChecker } from "../outcome/result-checker.ts";
import { type Attempt, isolationOf, logKeeper, onCancel, recordPlace, withProcess } from "./attempt.ts";
import type { StartSpecs } from "./start-process.ts";

/**
 * Runs one attempt of an executable: the event on its stdin, the result on its stdout. User code begins with the
 * process, so the attempt's token is written before.
 *
 * @returns null where the token was not granted
 */
export async function runExecutable(
  deps: WorkerDeps,
  invocation: TakenInvocation,
  { takenUs, specs }: { takenUs: number; specs: StartSpecs },
): Promise<Attempt | null> {
  const { limits } = invocation.function.manifest;
  if (!(await invocation.enter())) return null;
  return withProcess(deps, invocation.function, specs, async ({ running, start, startedUs }) => {
    await using _place = recordPlace(deps, invocation, running);
    const evidence = noEvidence();
    const log = collectLog({
      streams: { stderr: running.stderr },
      maxBytes: limits.logBytes,
      now: Date.now,
      append: logKeeper(deps, invocation.id),
    });
    using _ = onCancel(invocation.signal, () => {
      evidence.cancelled = true;
      running.kill("cancelled");
    });
    // It may well leave it unread.
    running.stdin.write(invocation.eventJson);
    running.stdin.end();
    const output = await readOutput(running, limits);
    const ending = await running.ended;
    const endedUs = nowUs();
    await log.finish();
    if (output.bytes > limits.resultBytes) evidence.tooLarge = output.bytes;
    else if (ending.exitCode === 0) evidence.result = await toResult(output.text(), deps.checker);
    const outcome = execOutcome(evidence, ending, limits);
    const result = outcome.kind === "ok" ? evidence.result : null;
    return {
      isolation: isolationOf(start),
      outcome,
      resultJson: result?.json ?? null,
      isHttpResponse: false,
      resultBytes: result?.bytes ?? 0,
      marks: { takenUs, startedUs, calledUs: startedUs, settledUs: null, endedUs },
      ending,
      logBytes: log.bytes,
      afterAnswer: [],
    };
  });
}

/** Reads stdout to its end; once there is too much the process is ended, and the rest is thrown away. */
async function readOutput(running: Running, { resultBytes }: Limits) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await running.stdout.read((chunk) => {
    bytes += chunk.byteLength;
    if (bytes > resultBytes) running.kill("outputTooLarge");
    else chunks.push(chunk);
  });
  return { bytes, text: () => Buffer.concat(chunks) };
}

/** JSON where it is that, null where there is nothing, else the text itself. */
async function toResult(output: Buffer, checker: ResultChecker): Promise<CheckedResult> {
  const { valid } = await checker.check(output, false);
  const text = output.toString("utf8");
  const json = valid ? text.trim() : output.length === 0 ? "null" : JSON.stringify(text);
  return { json, bytes: output.byteLength, isHttpResponse: false };
}
