import {
  DEPLOY_MAX_BYTES,
  DEPLOY_MAX_FILES,
  deployBodySchema,
  explainIssues,
  MayflyError,
} from "@mayfly/contract";
import { parseJson } from "../http/parse-json.ts";
import { readBody } from "../http/read-body.ts";
import { FileSet } from "./file-set.ts";
import { readTarGz } from "./read-tar.ts";

export interface Upload {
  /** As it was sent, not checked yet. */
  readonly manifest: unknown;
  /** Without `function.json`, which is the manifest. */
  readonly files: FileSet;
}

const MANIFEST_FILE = "function.json";
const GZIP_TYPES = new Set([
  "application/gzip",
  "application/x-gzip",
  "application/x-tgz",
  "application/tar+gzip",
]);

/** An upload whose body is in memory, and how to unpack it, which may take far more. */
export async function readUpload(request: Request): Promise<() => Promise<Upload>> {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const isGzip = GZIP_TYPES.has(type);
  if (!isGzip && type !== "application/json") {
    throw new MayflyError(
      "unsupportedMediaType",
      `A function is deployed as application/json ({"manifest", "files"}) or application/gzip (a tar of its folder), not as ${type === "" ? "a body without Content-Type" : type}.`,
    );
  }
  const body = await readBody(request, DEPLOY_MAX_BYTES, "The upload");
  return async () => (isGzip ? fromTar(await readTarGz(body)) : fromJson(parseJson(body)));
}

function fromTar(sent: FileSet): Upload {
  const files = withoutOuterFolder(sent);
  const manifest = files.take(MANIFEST_FILE);
  if (manifest === undefined) {
    throw new MayflyError(
      "invalidManifest",
      `The upload has no ${MANIFEST_FILE}. Pack the function's folder itself: \`tar -czf - -C <folder> .\``,
    );
  }
  return { manifest: parseJson(manifest.bytes), files };
}

/** `tar -cz thumbnail` packs the folder with its name, `tar -cz -C thumbnail .` without: both are meant alike. */
function withoutOuterFolder(files: FileSet): FileSet {
  if (files.get(MANIFEST_FILE) !== undefined) return files;
  const list = files.list();
  const outer = list[0]?.path.split("/", 1)[0];
  if (outer === undefined || !list.every(({ path }) => path.startsWith(`${outer}/`))) return files;
  const inner = new FileSet();
  for (const { path, bytes, mode } of list) inner.add(path.slice(outer.length + 1), bytes, mode === 0o755);
  return inner;
}

function fromJson(body: unknown): Upload {
  demandFewFiles(body);
  const parsed = deployBodySchema.safeParse(body);
  if (!parsed.success) {
    const faults = explainIssues(parsed.error, deployBodySchema, body);
    throw new MayflyError(
      "invalidRequest",
      `The body is not { "manifest": {…}, "files": { "index.ts": "…" } }: ${faults.join("; ")}.`,
      { facts: { faults } },
    );
  }
  const files = new FileSet();
  for (const [path, file] of Object.entries(parsed.data.files)) {
    if (typeof file === "string") files.add(path, Buffer.from(file), false);
    else
      files.add(
        path,
        Buffer.from(file.base64, "base64"),
        (Number.parseInt(file.mode ?? "0", 8) & 0o100) !== 0,
      );
  }
  files.take(MANIFEST_FILE);
  return { manifest: parsed.data.manifest, files };
}

/** Before the schema is applied, which would find something to say of each of a million. */
function demandFewFiles(body: unknown): void {
  const files = typeof body === "object" && body !== null && "files" in body ? body.files : null;
  if (typeof files !== "object" || files === null) return;
  const count = Object.keys(files).length;
  if (count > DEPLOY_MAX_FILES) {
    throw new MayflyError(
      "payloadTooLarge",
      `${count} files are more than the ${DEPLOY_MAX_FILES} that are taken.`,
    );
  }
}
