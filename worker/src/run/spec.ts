import type { FunctionVersion, Manifest } from "@mayfly/contract";
import { FUNCTION_DIR, RUNNERS } from "@mayfly/runtimes";
import type { RootStep, SandboxSpec } from "@mayfly/sandbox-addon";
import { heapFlags } from "./heap-flags.ts";
import { NODE_BIN } from "./root.ts";

const SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin";
const PYTHON = "/usr/bin/python3";
const MIB = 1024 ** 2;

export type RuntimeKind = "nodejs" | "python3" | "exec";

export function runtimeKind({ runtime }: Pick<Manifest, "runtime">): RuntimeKind {
  return runtime === "python3" || runtime === "exec" ? runtime : "nodejs";
}

/** What to run for one attempt, and in what. */
export function sandboxSpec(
  { name, version, manifest }: FunctionVersion,
  invocationId: string,
  root: readonly RootStep[],
  secrets: Readonly<Record<string, string>>,
): SandboxSpec {
  const kind = runtimeKind(manifest);
  return {
    argv: argvOf(kind, manifest),
    env: {
      PATH: kind === "nodejs" ? `${NODE_BIN}:${SYSTEM_PATH}` : SYSTEM_PATH,
      HOME: "/tmp",
      TMPDIR: "/tmp",
      LANG: "C.UTF-8",
      TZ: "UTC",
      ...manifest.env,
      // An executable has no runner that could be given them later.
      ...(kind === "exec" ? secrets : {}),
      MAYFLY_FUNCTION: name,
      MAYFLY_VERSION: version,
      MAYFLY_INVOCATION_ID: invocationId,
      ...lambdaNames(name, version, manifest),
    },
    cwd: FUNCTION_DIR,
    hostname: name,
    root,
    limits: manifest.limits,
    control: kind === "exec" ? "none" : "channel",
    seccomp: kind,
  };
}

function argvOf(kind: RuntimeKind, { entry, limits }: Manifest): string[] {
  switch (kind) {
    case "nodejs":
      return [`${NODE_BIN}/node`, ...heapFlags(limits.memoryBytes), RUNNERS.nodejs.main];
    case "python3":
      // Isolated from the host's environment and packages; unbuffered, so that a line has the time of its writing.
      return [PYTHON, "-I", "-S", "-E", "-u", RUNNERS.python3.main];
    case "exec":
      return [`${FUNCTION_DIR}/${entry}`];
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
