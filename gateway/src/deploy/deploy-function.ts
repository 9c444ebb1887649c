import { type FunctionVersion, type Manifest, MayflyError, parseManifest } from "@mayfly/contract";
import type { BuildMessage } from "@mayfly/queue";
import { packFiles } from "@mayfly/store";
import type { GatewayDeps } from "../deps.ts";
import { contentHash } from "./content-hash.ts";
import type { FileSet } from "./file-set.ts";
import type { Upload } from "./read-upload.ts";

/** How long a worker may take to bundle; the bundler's own limits are tighter. */
const BUILD_TIMEOUT_MS = 60_000;
/** How long to wait for a worker to appear where none was seen lately: one may be just starting. */
const NO_WORKER_TIMEOUT_MS = 5_000;

export interface Deployed {
  readonly function: FunctionVersion;
  /** False where this very content was here already. */
  readonly created: boolean;
  /** Sentences: what was accepted and may still surprise. */
  readonly warnings: readonly string[];
}

/** An upload that was checked, and packed as it will travel. */
export interface CheckedUpload {
  readonly manifest: Manifest;
  readonly packed: Buffer<ArrayBuffer>;
}

/**
 * Checks manifest and files against each other.
 *
 * @param name the function's name in the URL
 * @throws MayflyError `invalidManifest`, `limitOverCeiling`
 */
export function checkUpload(
  { config }: GatewayDeps,
  name: string,
  { manifest: sent, files }: Upload,
): CheckedUpload {
  const manifest = parseManifest(sent, config.ceilings);
  if (manifest.name !== name) {
    refuseManifest(`name: it is "${manifest.name}", and the URL says "${name}"; make them the same`);
  }
  demandEntry(manifest, files);
  const packed = packFiles(
    files.list().map((file) => (isExecutableEntry(manifest, file.path) ? { ...file, mode: 0o755 } : file)),
  );
  return { manifest, packed: packed as Buffer<ArrayBuffer> };
}

function demandEntry(manifest: Manifest, files: FileSet): void {
  if (files.get(manifest.entry) !== undefined) return;
  const some = files.list().slice(0, 10);
  const sent = some.map(({ path }) => path).join(", ") || "none";
  refuseManifest(`entry: "${manifest.entry}" is not among the files that were sent (${sent})`);
}

const isExecutableEntry = ({ runtime, entry }: Manifest, path: string) =>
  runtime === "exec" && path === entry;

function refuseManifest(fault: string): never {
  throw new MayflyError("invalidManifest", `function.json is not right: ${fault}`, {
    facts: { faults: [fault] },
  });
}

/**
 * Makes an upload the latest version of its function, bundled by a worker unless this very content was before.
 *
 * @throws MayflyError `nameTaken`, `invalidBundle`, `noWorker`
 */
export async function deployFunction(
  deps: GatewayDeps,
  tenant: string,
  { manifest, packed }: CheckedUpload,
): Promise<Deployed> {
  const { functions } = deps.store;
  const latest = await functions.latest(manifest.name);
  if (latest !== null && latest.tenant !== tenant) {
    throw new MayflyError(
      "nameTaken",
      `The name "${manifest.name}" is in use in this installation. Choose another one.`,
      { facts: { function: manifest.name } },
    );
  }
  const version = await contentHash(manifest, packed);
  const warnings = await missingSecrets(deps, tenant, manifest);
  const known = await functions.version(manifest.name, version);
  if (known !== null) {
    await functions.deploy(known);
    return { function: known, created: false, warnings };
  }
  const built = await build(deps, manifest, packed);
  const fn = {
    name: manifest.name,
    version,
    tenant,
    manifest,
    artifact: built.artifact,
    createdAt: deps.now(),
  };
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

async function build({ store, producer }: GatewayDeps, manifest: Manifest, packed: Uint8Array) {
  const timeoutMs = (await producer.workers()).length > 0 ? BUILD_TIMEOUT_MS : NO_WORKER_TIMEOUT_MS;
  const upload = await store.artifacts.putTemporary(packed, 2 * BUILD_TIMEOUT_MS);
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
