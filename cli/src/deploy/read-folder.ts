import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { DeployBody } from "@mayfly/contract";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { bundle, needsNodeModules } from "./bundle.ts";

export type DeployFiles = DeployBody["files"];

/** A function's folder as `PUT /functions/:name` takes it. */
export interface Upload {
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: DeployFiles;
}

/** Neither is part of a function: what it needs of node_modules is bundled. */
const LEFT_OUT = new Set(["node_modules", ".git", "function.json"]);

/**
 * Reads a function's folder: its function.json, and its files as they are, or as one bundle where they need
 * packages out of node_modules.
 *
 * @throws Failure `usage` where the folder has no function.json that can be read
 */
export async function readFolder(folder: string): Promise<Upload> {
  const manifest = await readManifest(folder);
  const name = manifest["name"];
  if (typeof name !== "string") throw unusable(folder, `its function.json has no "name"`);
  if (await needsNodeModules(folder, manifest)) {
    const bundled = await bundle(folder, String(manifest["entry"] ?? ""));
    return { name, manifest: { ...manifest, entry: bundled.entry }, files: bundled.files };
  }
  return { name, manifest, files: await readFiles(folder) };
}

async function readManifest(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, "function.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw unusable(folder, "it has no function.json that can be read", cause);
  }
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest))
      throw new SyntaxError("it is not an object");
    const { $schema: _, ...rest } = manifest as Record<string, unknown>;
    return rest;
  } catch (cause) {
    throw unusable(folder, `its function.json is not JSON: ${(cause as Error).message}`, cause);
  }
}

async function readFiles(folder: string): Promise<DeployFiles> {
  const files: DeployFiles = {};
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path).split(sep);
    if (inside.some((part) => LEFT_OUT.has(part)) || isTest(entry.name)) continue;
    // A link is followed where it leads to a file, as an editor would show it; a folder behind one is not walked.
    const facts = await stat(path).catch(() => null);
    if (facts?.isFile()) files[inside.join("/")] = await readOne(path, facts.mode);
  }
  return files;
}

const isTest = (name: string) => /\.test\.\w+$/.test(name);

/** Text stays text, so that a deploy can be read; anything else, and what can be executed, travels in base64. */
async function readOne(path: string, mode: number): Promise<DeployFiles[string]> {
  const content = await readFile(path);
  const text = content.toString("utf8");
  const isExecutable = (mode & 0o111) !== 0;
  if (!isExecutable && Buffer.from(text, "utf8").equals(content)) return text;
  return { base64: content.toString("base64"), mode: isExecutable ? "0755" : "0644" };
}

function unusable(folder: string, reason: string, cause?: unknown): Failure {
  return new Failure(
    EXIT.usage,
    "unusableFolder",
    `${folder} cannot be deployed: ${reason}. A function is a folder with a function.json and its code.`,
    { cause },
  );
}
