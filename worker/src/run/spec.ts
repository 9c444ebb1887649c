import type { FunctionVersion, Manifest } from "@mayfly/contract";
import { FUNCTION_DIR, RUNNERS } from "@mayfly/runtimes";
import type { ForkSpec, RootStep, SandboxSpec, Zygote } from "@mayfly/sandbox-addon";
import { heapFlags } from "./heap-flags.ts";
import { NODE_BIN } from "./root.ts";

const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin";
const PYTHON = "/usr/bin/python3";
const MIB = 1024 ** 2;

/** The runtimes that have a runner. */
export type RunnerKind = "nodejs" | "python3";
export type RuntimeKind = RunnerKind | "exec";

export function runtimeKind({ runtime }: Pick<Manifest, "runtime">): RuntimeKind {
  return runtime === "python3" || runtime === "exec" ? runtime : "nodejs";
}

/** What every process of a function finds in its environment, unless its manifest says otherwise. */
export const BASE_ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: "/tmp",
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  TZ: "UTC",
};

/** What is the same however the process of an attempt comes to be. */
export type ProcessSpec = Pick<SandboxSpec, "env" | "cwd" | "hostname" | "limits">;

/** @param secrets those that must be there from the start */
export function processSpec(
  { name, version, manifest }: FunctionVersion,
  invocationId: string,
  secrets: Readonly<Record<string, string>>,
): ProcessSpec {
  return {
    env: {
      PATH: pathOf(runtimeKind(manifest)),
      ...BASE_ENVIRONMENT,
      ...manifest.env,
      ...secrets,
      MAYFLY_FUNCTION: name,
      MAYFLY_VERSION: version,
      MAYFLY_INVOCATION_ID: invocationId,
      ...lambdaNames(name, version, manifest),
    },
    cwd: FUNCTION_DIR,
    hostname: name,
    limits: manifest.limits,
  };
}

export function pathOf(kind: RuntimeKind): string {
  return kind === "nodejs" ? `${NODE_BIN}:${SYSTEM_PATH}` : SYSTEM_PATH;
}

/** A process that boots: a runtime with its runner, or the function's own executable. */
export function bootSpec(process: ProcessSpec, manifest: Manifest, root: readonly RootStep[]): SandboxSpec {
  const kind = runtimeKind(manifest);
  return {
    ...process,
    argv:
      kind === "exec" ? [`${FUNCTION_DIR}/${manifest.entry}`] : runnerArgv(kind, manifest.limits.memoryBytes),
    root,
    control: kind === "exec" ? "none" : "channel",
    seccomp: kind,
  };
}

/** A copy of a process that has booted its runtime already. */
export function forkSpec(process: ProcessSpec, zygote: Zygote, codeTree: string): ForkSpec {
  return { ...process, zygote, attach: [{ tree: codeTree, target: FUNCTION_DIR }] };
}

/** How a runner is started, and in its place a zygote, whose copies show these arguments as theirs. */
export function runnerArgv(kind: RunnerKind, memoryBytes: number | null): string[] {
  switch (kind) {
    case "nodejs":
      return [`${NODE_BIN}/node`, ...heapFlags(memoryBytes), RUNNERS.nodejs.main];
    case "python3":
      // Isolated from the host's environment and packages; unbuffered, so that a line has the time of its writing.
      return [PYTHON, "-I", "-S", "-E", "-u", RUNNERS.python3.main];
  }
}

function lambdaNames(name: string, version: string, { limits }: Manifest): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version,
    ...(limits.memoryBytes === null
      ? {}
      : { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(Math.floor(limits.memoryBytes / MIB)) }),
  };
}
