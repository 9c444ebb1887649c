import { normalize } from "node:path/posix";
import { z } from "zod";
import { MayflyError } from "./errors.ts";
import { explainIssues } from "./explain-issues.ts";
import {
  type Ceilings,
  checkCeilings,
  type Limits,
  limitsInputSchema,
  MIN_MEMORY_BYTES,
  MIN_PIDS_FOR_NODE,
  resolveLimits,
} from "./limits.ts";
import { ISOLATIONS, type Isolation } from "./receipt.ts";

export const RUNTIMES = ["nodejs24", "nodejs22", "nodejs20", "python3", "exec"] as const;

/** Runtimes that zygotes are made of: `isolation: "fork"` boots the others. */
export const ZYGOTE_RUNTIMES = [
  "nodejs24",
  "python3",
] as const satisfies readonly (typeof RUNTIMES)[number][];
export type ZygoteRuntime = (typeof ZYGOTE_RUNTIMES)[number];

/** A function's name: a DNS label, so that it can stand in a host name, a key and a metric's label. */
export const FUNCTION_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
export const functionNameSchema = z
  .string()
  .regex(FUNCTION_NAME, "a name has 1 to 63 of a-z, 0-9 and -, and neither begins nor ends with -");

/** Names that reach into the dynamic loader or into Node before any code of ours runs. */
const REFUSED_ENV = /^(LD_.*|NODE_OPTIONS)$/;
const envName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "an environment name has letters, digits and _, and does not begin with a digit",
  )
  .refine((name) => !REFUSED_ENV.test(name), {
    error: "LD_* and NODE_OPTIONS are refused, since they change what the runtime itself loads",
  });

/** execve(2) takes no string above 128 KiB, and none with a NUL in it. */
const MAX_ENV_BYTES = 64 * 1024;
const env = z
  .record(
    envName,
    z.string().refine((value) => !value.includes("\0"), { error: "a value cannot hold a NUL character" }),
  )
  .refine((all) => Buffer.byteLength(Object.entries(all).flat().join()) <= MAX_ENV_BYTES, {
    error:
      "the names and values of env are more than 64k; send what is large in the event, or deploy it as a file",
  });

const ENTRY_ENDINGS: Record<"nodejs" | "python3", RegExp> = {
  nodejs: /\.(ts|mts|js|mjs|cjs|tsx)$/,
  python3: /\.py$/,
};

const retrySchema = z
  .object({
    attempts: z.number().int().min(1).max(100).default(1).describe("all of them, the first included"),
    backoffMs: z
      .number()
      .int()
      .nonnegative()
      .max(86_400_000)
      .default(1000)
      .describe("the wait before the second attempt"),
    backoff: z
      .enum(["fixed", "exponential"])
      .default("exponential")
      .describe("whether each wait is twice the one before"),
  })
  .strict();

/** `function.json`. */
export const manifestSchema = z
  .object({
    $schema: z.string().optional(),
    name: functionNameSchema.describe(
      "what it is called by: /function/NAME, mayfly invoke NAME, the queue {NAME}",
    ),
    runtime: z.enum(RUNTIMES).describe("exec: any executable, the event on stdin, the result on stdout"),
    entry: z
      .string()
      .min(1)
      .refine((path) => !path.startsWith("/") && !path.split("/").includes(".."), {
        error: "entry is a path inside the function's folder",
      })
      .describe("the file that holds the handler, relative to the folder"),
    description: z.string().max(1000).optional().describe("for people: mayfly list shows it"),
    limits: limitsInputSchema.optional().describe("named as docker run names them"),
    network: z.enum(["none"]).default("none").describe("none: an empty network namespace with loopback up"),
    env: env.default({}).describe("environment variables of the process; secrets have a place of their own"),
    secrets: z
      .array(envName)
      .default([])
      .describe("names stored with PUT /secrets/:name; they reach the process as environment"),
    retry: retrySchema
      .default({ attempts: 1, backoffMs: 1000, backoff: "exponential" })
      .describe("for asynchronous calls; a caller who waits gets one attempt"),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe("how many may run at once, over all workers"),
    isolation: z
      .enum(ISOLATIONS)
      .optional()
      .describe(
        "fork: a copy of a runtime that has booted already, where one is to be had; exec: a boot of its own for every call; default: fork, but for the runtime exec",
      ),
    snapshot: z
      .boolean()
      .default(false)
      .describe(
        "nodejs alone: the module's scope runs once, and every call is a copy of what it left behind; it must open nothing, and finds no secret",
      ),
  })
  .strict();

export type ManifestInput = z.input<typeof manifestSchema>;

/** A manifest that was checked, with its defaults, and its limits in the sandbox's units. */
export interface Manifest extends Omit<z.output<typeof manifestSchema>, "limits" | "isolation" | "$schema"> {
  readonly limits: Limits;
  readonly isolation: Isolation;
}

/**
 * Reads a manifest from outside.
 *
 * @throws MayflyError `invalidManifest` (each fault with its path; for an unknown key the nearest known one) or
 *   `limitOverCeiling`
 */
export function parseManifest(input: unknown, ceilings: Ceilings): Manifest {
  const parsed = manifestSchema.safeParse(input);
  if (!parsed.success) {
    const faults = explainIssues(parsed.error, manifestSchema, input);
    throw new MayflyError("invalidManifest", `function.json is not right: ${faults.join("; ")}`, {
      facts: { faults },
    });
  }
  const { limits: limitsInput, isolation, $schema: _, entry, ...rest } = parsed.data;
  const manifest: Manifest = {
    ...rest,
    entry: normalize(entry),
    limits: resolveLimits(limitsInput),
    isolation: isolation ?? (rest.runtime === "exec" ? "exec" : "fork"),
  };
  checkEntry(manifest);
  checkStart(manifest);
  checkFloors(manifest);
  checkCeilings(manifest.limits, ceilings);
  return manifest;
}

function refuse(message: string): never {
  throw new MayflyError("invalidManifest", `function.json is not right: ${message}`, {
    facts: { faults: [message] },
  });
}

function checkEntry({ runtime, entry }: Manifest): void {
  if (runtime === "exec") return;
  const endings = ENTRY_ENDINGS[runtime === "python3" ? "python3" : "nodejs"];
  if (!endings.test(entry))
    refuse(
      `entry: "${entry}" cannot be run by ${runtime}; it takes ${runtime === "python3" ? ".py" : ".ts .mts .js .mjs .cjs .tsx"}`,
    );
}

function checkStart({ runtime, isolation, snapshot }: Manifest): void {
  if (runtime === "exec" && isolation === "fork")
    refuse("isolation: an executable is no runtime that could be forked; leave isolation out");
  if (!snapshot) return;
  if (!runtime.startsWith("nodejs"))
    refuse(`snapshot: only nodejs has one, and the runtime is ${runtime}; leave snapshot out`);
  if (isolation === "exec")
    refuse('snapshot: a call that boots its own runtime has no use for one; leave out isolation: "exec"');
}

function checkFloors({ runtime, limits }: Manifest): void {
  if (runtime.startsWith("nodejs") && limits.pidsLimit !== null && limits.pidsLimit < MIN_PIDS_FOR_NODE) {
    refuse(
      `limits.pidsLimit: ${limits.pidsLimit} is too few, Node hangs at its start below ${MIN_PIDS_FOR_NODE} threads`,
    );
  }
  checkMemory(limits);
}

function checkMemory({ memoryBytes, memorySwapBytes, memoryReservationBytes }: Limits): void {
  const atMost = memoryBytes ?? Number.POSITIVE_INFINITY;
  if (atMost < MIN_MEMORY_BYTES) refuse("limits.memory: at least 4m is needed to start any process");
  if (memorySwapBytes !== null && memorySwapBytes < atMost) {
    refuse("limits.memorySwap counts memory and swap together, so it cannot be smaller than limits.memory");
  }
  if (memoryReservationBytes !== null && memoryReservationBytes > atMost) {
    refuse("limits.memoryReservation is a part of limits.memory, so it cannot be larger");
  }
}
