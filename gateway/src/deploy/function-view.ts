import type { FunctionVersion, FunctionView } from "@mayfly/contract";

/** What the API shows of a function: of its environment the names alone. */
export function functionView({ name, version, manifest, createdAt }: FunctionVersion): FunctionView {
  const { runtime, entry, description, limits, network, env, secrets, retry, concurrency } = manifest;
  return {
    name,
    version,
    runtime,
    entry,
    ...(description === undefined ? {} : { description }),
    limits: { ...limits },
    network,
    env: Object.keys(env),
    secrets: [...secrets],
    retry: { ...retry },
    concurrency: concurrency ?? null,
    createdAt,
  };
}
