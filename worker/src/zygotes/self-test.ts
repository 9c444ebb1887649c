import { DEFAULT_LIMITS } from "@mayfly/contract";
import {
  FUNCTION_DIR,
  type InvokeHeader,
  invokeFrame,
  SELF_TESTS,
  type SelfTestEnd,
  type SelfTestResult,
} from "@mayfly/runtimes";
import type { Ending, Pipe, Sandboxes, Zygote } from "@mayfly/sandbox-addon";
import { nowUs } from "../deps.ts";
import type { CheckedResult, RunnerError } from "../outcome/evidence.ts";
import type { ResultChecker } from "../outcome/result-checker.ts";
import { clocksOf } from "../run/clocks.ts";
import { converse } from "../run/conversation.ts";
import { BASE_ENVIRONMENT, pathOf, type RunnerKind } from "../run/spec.ts";

const LIMITS = { ...DEFAULT_LIMITS, cpuQuotaUs: null };

export interface SelfTestDeps {
  readonly sandboxes: Pick<Sandboxes, "fork">;
  readonly checker: ResultChecker;
  readonly kind: RunnerKind;
  /** The tree of `SELF_TESTS[kind]`. */
  readonly tree: string;
}

/**
 * Runs, as functions of ours in copies of a zygote, what could break with a version that we do not know, such as timers,
 * name look-ups, threads and exits; and compares what two of them draw as random.
 *
 * @throws Error that says what a copy cannot do; a copy that hangs is ended when any function would be
 */
export async function selfTest(deps: SelfTestDeps, zygote: Zygote): Promise<void> {
  const [one, other] = [
    resultOf(await runOnce(deps, zygote, null)),
    resultOf(await runOnce(deps, zygote, null)),
  ];
  const failures = [...one.failures, ...other.failures];
  for (const [source, drawn] of Object.entries(one.drawn))
    if (other.drawn[source] === drawn) failures.push(`two copies drew the same from ${source}`);
  for (const event of SELF_TESTS[deps.kind].ends) {
    const { ending } = await runOnce(deps, zygote, event);
    if (ending.exitCode !== event.code)
      failures.push(`${event.end} with ${event.code} ended as ${endOf(ending)}`);
  }
  if (failures.length > 0)
    throw new Error(`A copy of the zygote is not what a boot is: ${failures.join("; ")}.`);
}

interface Run {
  readonly result: CheckedResult | null;
  readonly error: RunnerError | null;
  readonly ending: Ending;
  readonly printed: string;
}

async function runOnce(deps: SelfTestDeps, zygote: Zygote, event: SelfTestEnd | null): Promise<Run> {
  const running = await deps.sandboxes.fork({
    zygote,
    env: { PATH: pathOf(deps.kind), ...BASE_ENVIRONMENT },
    cwd: FUNCTION_DIR,
    hostname: "self-test",
    limits: LIMITS,
    attach: [{ tree: deps.tree, target: FUNCTION_DIR }],
  });
  try {
    if (running.control === null) throw new Error("A copy of the zygote has no control channel.");
    const printed = Promise.all([readText(running.stdout), readText(running.stderr)]);
    running.stdin.end();
    const talk = converse(running.control, LIMITS.resultBytes, deps.checker);
    talk.say(invokeFrame(header(deps.kind), JSON.stringify(event), null));
    await Promise.race([talk.settled, running.ended]);
    running.kill("settled");
    const ending = await running.ended;
    await talk.closed;
    const { result, error } = talk.evidence;
    return { result, error, ending, printed: (await printed).join("").slice(-1000) };
  } finally {
    running.kill("settled");
    await running.ended;
  }
}

function resultOf({ result, error, ending, printed }: Run): SelfTestResult {
  if (result !== null) return JSON.parse(result.json) as SelfTestResult;
  const why = error?.errorMessage ?? endOf(ending);
  throw new Error(`A copy of the zygote did not get through the self-test: ${why}. It printed: ${printed}`);
}

function endOf({ killedBy, signal, exitCode }: Ending): string {
  return killedBy ?? signal ?? `status ${exitCode}`;
}

function header(kind: RunnerKind): InvokeHeader {
  const path = `${FUNCTION_DIR}/${SELF_TESTS[kind].file}`;
  return {
    facts: {
      invocationId: "self-test",
      functionName: "self-test",
      functionVersion: "",
      attempt: 1,
      memoryLimitBytes: LIMITS.memoryBytes ?? 0,
    },
    http: null,
    job: null,
    secrets: {},
    resultBytes: LIMITS.resultBytes,
    ...clocksOf(nowUs(), LIMITS.timeoutMs),
    bundle: { path, mapPath: "", scriptName: path, sourceRoot: FUNCTION_DIR, format: "cjs" },
  };
}

async function readText(pipe: Pipe): Promise<string> {
  const chunks: Buffer[] = [];
  await pipe.read((chunk) => chunks.push(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
