import { z } from "zod";
import type { Manifest } from "./manifest.ts";

/** One file of a deploy: text, or bytes in base64 with an optional mode. */
export const deployFileSchema = z.union([
  z.string(),
  z
    .object({
      base64: z.base64(),
      mode: z
        .string()
        .regex(/^0?[0-7]{3}$/)
        .optional(),
    })
    .strict(),
]);

/** The JSON body of `PUT /functions/:name`. Paths are relative to the function's folder. */
export const deployBodySchema = z
  .object({ manifest: z.unknown(), files: z.record(z.string().min(1), deployFileSchema) })
  .strict();
export type DeployBody = z.infer<typeof deployBodySchema>;

export const DEPLOY_MAX_BYTES = 50 * 1024 ** 2;
export const DEPLOY_MAX_UNPACKED_BYTES = 250 * 1024 ** 2;
export const DEPLOY_MAX_FILES = 10_000;
/** Folders are made by the paths of files, so a small upload could ask for millions of them. */
export const DEPLOY_MAX_FOLDERS = 10_000;
export const DEPLOY_MAX_DEPTH = 100;
export const EVENT_MAX_BYTES = 6 * 1024 ** 2;

/** A function version as it is kept: immutable, named by the hash of its content. */
export interface FunctionVersion {
  readonly name: string;
  /** SHA-256 over manifest and files, in hexadecimal. */
  readonly version: string;
  readonly tenant: string;
  readonly manifest: Manifest;
  /** Hash of the packed files that the worker unpacks at `/function`. */
  readonly artifact: string;
  readonly createdAt: number;
}

/** What the API shows of a function: the names of its environment, never the values. */
export const functionViewSchema = z.object({
  name: z.string(),
  version: z.string(),
  runtime: z.string(),
  entry: z.string(),
  description: z.string().optional(),
  limits: z.record(z.string(), z.unknown()),
  network: z.string(),
  env: z.array(z.string()),
  secrets: z.array(z.string()),
  retry: z.object({ attempts: z.number(), backoffMs: z.number(), backoff: z.string() }),
  concurrency: z.number().nullable(),
  createdAt: z.number(),
  versions: z.array(z.string()).optional(),
});
export type FunctionView = z.infer<typeof functionViewSchema>;
