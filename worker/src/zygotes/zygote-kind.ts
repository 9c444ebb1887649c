import { type BootReason, type FunctionVersion, ZYGOTE_RUNTIMES, type ZygoteRuntime } from "@mayfly/contract";
import { isHeededAtBootOnly } from "@mayfly/runtimes";
import { BASE_ENVIRONMENT, type RunnerKind } from "../run/spec.ts";
import { type MemoryClass, memoryClassOf } from "./memory-class.ts";

/**
 * Functions that may be copies of the same zygote. Copies share the layout of their memory, so that who has learned
 * it from one of his own knows it of the others: a zygote serves one tenant.
 */
export interface ZygoteKind {
  readonly runtime: ZygoteRuntime;
  /** Null too for a runtime whose heap has no limit of its own. */
  readonly memoryClass: MemoryClass;
  readonly tenant: string;
}

export function nameOf({ runtime, memoryClass, tenant }: ZygoteKind): string {
  return `${runtime}/${memoryClass ?? "unlimited"}/${tenant}`;
}

/** What such a runtime is started like. */
export function runnerKindOf(runtime: ZygoteRuntime): RunnerKind {
  return runtime === "python3" ? "python3" : "nodejs";
}

/** The zygote that a function's process can be a copy of, or why its runtime has to boot. */
export function zygoteKindOf({ tenant, manifest }: FunctionVersion): ZygoteKind | BootReason {
  const { isolation, limits, env } = manifest;
  if (isolation === "exec" || manifest.runtime === "exec") return "isolation";
  const runtime = ZYGOTE_RUNTIMES.find((one) => one === manifest.runtime);
  if (runtime === undefined) return "runtime";
  if (isHeededAtBootOnly(env, BASE_ENVIRONMENT)) return "environment";
  const memoryClass = runtime === "python3" ? null : memoryClassOf(limits.memoryBytes);
  if (memoryClass === "none") return "limits";
  return { runtime, memoryClass, tenant };
}
