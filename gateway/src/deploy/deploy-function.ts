import { type FunctionVersion, type Manifest, MayflyError } from "@mayfly/contract";
import type { BuildMessage } from "@mayfly/queue";
import type { GatewayDeps } from "../deps.ts";
import type { CheckedUpload } from "./check-upload.ts";
import { contentHash } from "./content-hash.ts";

/** How long a worker may take to bundle; the bundler's own limits are tighter. */
const BUILD_TIMEOUT_MS = 60_000;
/** How long to wait for a worker to appear where none was seen lately: one may be just starting. */
const NO_WORKER_TIMEOUT_MS = 5_000;
/** An upload waits for its build in Redis, and goes away by itself. */
const UPLOAD_TTL_MS = 2 * BUILD_TIMEOUT_MS;

export interface Deployed {
  readonly function: FunctionVersion;
  /** False where this very content was here already. */
  readonly created: boolean;
  /** Sentences: what was accepted and may still surprise. */
  readonly warnings: readonly string[];
}

/** An upload that is no longer in memory: it was here before, or waits in Redis for a worker. */
export type StagedUpload = { readonly manifest: Manifest; readonly version: string } & (
  | { readonly known: FunctionVersion }
  | { readonly known: null; readonly upload: string }
);

/**
 * Finds out whether this very content was deployed before, and hands it to the store if not.
 *
 * @throws MayflyError `nameTaken`
 */
export async function stageUpload(
  { store }: GatewayDeps,
  tenant: string,
  { manifest, packed }: CheckedUpload,
): Promise<StagedUpload> {
  const latest = await store.functions.latest(manifest.name);
  if (latest !== null && latest.tenant !== tenant) {
    throw new MayflyError(
      "nameTaken",
      `The name "${manifest.name}" is in use in this installation. Choose another one.`,
      { facts: { function: manifest.name } },
    );
  }
  const version = await contentHash(manifest, packed);
  const known = await store.functions.version(manifest.name, version);
  if (known !== null) return { manifest, version, known };
  return { manifest, version, known, upload: await store.artifacts.putTemporary(packed, UPLOAD_TTL_MS) };
}

/**
 * Makes what was staged the latest version of its function, bundled by a worker unless it was before.
 *
 * @throws MayflyError `invalidBundle`, `noWorker`
 */
export async function deployFunction(
  deps: GatewayDeps,
  tenant: string,
  staged: StagedUpload,
): Promise<Deployed> {
  const { manifest, version, known } = staged;
  const { functions } = deps.store;
  const warnings = await missingSecrets(deps, tenant, manifest);
  if (known !== null) {
    await functions.deploy(known);
    return { function: known, created: false, warnings };
  }
  const built = await build(deps, manifest, staged.upload);
  const { name } = manifest;
  const fn = { name, version, tenant, manifest, artifact: built.artifact, createdAt: deps.now() };
  const { created } = await functions.deploy(fn);
  return { function: fn, created, warnings: [...warnings, ...built.warnings.map(said)] };
}

/** Not a refusal: which comes first, the function or its secret, is the user's choice. */
async function missingSecrets(
  { store }: GatewayDeps,
  tenant: string,
  { secrets }: Manifest,
): Promise<string[]> {
  if (secrets.length === 0) return [];
  const stored = new Set(await store.secrets.list(tenant));
  return secrets
    .filter((name) => !stored.has(name))
    .map(
      (name) =>
        `The secret ${name} is not stored yet: the function will not see it before PUT /secrets/${name}.`,
    );
}

async function build({ producer }: GatewayDeps, manifest: Manifest, upload: string) {
  const timeoutMs = (await producer.workers()).length > 0 ? BUILD_TIMEOUT_MS : NO_WORKER_TIMEOUT_MS;
  const reply = await producer.build({ upload, manifest }, timeoutMs);
  if (reply.built) return reply;
  const errors = reply.errors.map(said);
  throw new MayflyError("invalidBundle", `The code could not be bundled: ${errors.join("; ")}`, {
    facts: { errors: reply.errors },
  });
}

/** `index.ts:2:7: Unexpected ";"`, as compilers write it. */
function said({ file, line, column, text }: BuildMessage): string {
  const place = [file, line, column].filter((part) => part !== null).join(":");
  return place === "" ? text : `${place}: ${text}`;
}
