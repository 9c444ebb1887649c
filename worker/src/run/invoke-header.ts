import { totalmem } from "node:os";
import { posix } from "node:path";
import type { HttpRequest } from "@mayfly/contract";
import type { TakenInvocation } from "@mayfly/queue";
import { BUNDLE_DIR, type Bundle, FUNCTION_DIR, type HttpHeader, type InvokeHeader } from "@mayfly/runtimes";
import { CODE_CACHE_FILE } from "../code/code-cache.ts";
import type { CodeFacts } from "../code/code-trees.ts";
import type { Clocks } from "./clocks.ts";

/** Everything that a runner is told beside the event itself. */
export function invokeHeader(
  invocation: TakenInvocation,
  code: CodeFacts,
  secrets: Readonly<Record<string, string>>,
  clocks: Clocks,
): InvokeHeader {
  const { name, version, manifest } = invocation.function;
  const http = invocation.gateway?.http ?? null;
  return {
    facts: {
      invocationId: invocation.id,
      functionName: name,
      functionVersion: version,
      attempt: invocation.attempt,
      memoryLimitBytes: manifest.limits.memoryBytes ?? totalmem(),
    },
    http: http && httpHeader(http),
    job: http === null ? invocation.job : null,
    secrets,
    resultBytes: manifest.limits.resultBytes,
    ...clocks,
    bundle: bundleOf(manifest.entry, code),
  };
}

/** The request's bytes; null where they are the event's own. */
export function rawBodyOf({ gateway }: TakenInvocation): Buffer | null {
  const rawBody = gateway?.http?.rawBody ?? null;
  return rawBody === null ? null : Buffer.from(rawBody, "base64");
}

function httpHeader({ method, path, query, headers, origin, rawBody }: HttpRequest): HttpHeader {
  return { method, path, query, headers, origin, rawBodyIsEvent: rawBody === null };
}

export function bundleOf(entry: string, { bundleFormat: format, hasCodeCache }: CodeFacts): Bundle {
  const scriptName = posix.join(FUNCTION_DIR, entry);
  if (format === null)
    return { path: scriptName, mapPath: "", scriptName, sourceRoot: FUNCTION_DIR, format: "cjs" };
  const path = posix.join(FUNCTION_DIR, BUNDLE_DIR, format === "cjs" ? "bundle.cjs" : "bundle.mjs");
  const cache = hasCodeCache ? { cachePath: posix.join(FUNCTION_DIR, CODE_CACHE_FILE) } : {};
  return { path, mapPath: `${path}.map`, ...cache, scriptName, sourceRoot: FUNCTION_DIR, format };
}
