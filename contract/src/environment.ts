import { z } from "zod";
import { nearestOf } from "./explain-issues.ts";
import { type Ceilings, DEFAULT_CEILINGS } from "./limits.ts";
import { parseSize } from "./units.ts";

const port = z.coerce.number("it is no number").int().min(0).max(65_535);
const milliseconds = z.coerce.number("it is no number").int().nonnegative();
const size = z.string().transform((text, context) => {
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  context.addIssue("it is no size; write a number with b, k, m or g, such as 512m");
  return z.NEVER;
});
const words = z.string().transform((text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== ""),
);

const ceilings = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('it is not JSON; write e.g. {"memoryBytes":2147483648,"cpus":4}');
      return z.NEVER;
    }
  })
  .pipe(
    z
      .object({
        cpus: z.number().positive().nullable(),
        memoryBytes: z.number().int().positive().nullable(),
        pidsLimit: z.number().int().positive().nullable(),
        tmpfsBytes: z.number().int().positive().nullable(),
        timeoutMs: z.number().int().positive().nullable(),
        resultBytes: z.number().int().positive().nullable(),
        logBytes: z.number().int().positive().nullable(),
      })
      .partial()
      .strict(),
  )
  .transform((given): Ceilings => ({ ...DEFAULT_CEILINGS, ...given }) as Ceilings);

/** `none` stands alone, since empty text counts as unset. */
export const ZYGOTE_TUNINGS = ["hugePages", "compactHeap", "rehearsedCopies", "none"] as const;

/** Every environment variable that Mayfly reads: the one list. Each program's `config.ts` picks from it. */
export const environmentSchema = z.object({
  MAYFLY_HOST: z.string().default("127.0.0.1").describe("address the gateway listens on"),
  MAYFLY_PORT: port.default(8080).describe("port of the gateway"),
  MAYFLY_REDIS_URL: z
    .string()
    .regex(
      /^(rediss?|unix):\/\//,
      "it begins with redis://, rediss:// or unix://, as redis://127.0.0.1:6379 does",
    )
    .optional()
    .describe("redis://, rediss:// or unix:///path; unset: `mayfly up` starts a private one"),
  MAYFLY_DATA_DIR: z
    .string()
    .default("./.mayfly")
    .describe("what is kept on disk: the private Redis's file, the secret key, cached code"),
  MAYFLY_WORKER_METRICS_HOST: z.string().default("127.0.0.1").describe("address of a worker's /metrics"),
  MAYFLY_WORKER_METRICS_PORT: port.default(9464).describe("port of a worker's /metrics"),
  MAYFLY_WORKER_ID: z
    .string()
    .regex(/^(?!\.{1,2}$)[\w.-]{1,64}$/)
    .optional()
    .describe("default: the host's name and the first free number"),
  MAYFLY_CONCURRENCY: z.coerce
    .number("it is no number")
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("slots of one worker; default: twice the cores"),
  MAYFLY_CGROUP_PARENT: z
    .string()
    .regex(
      /^\/?(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/,
      "it is a path of names, such as mayfly or /ci/mayfly, without . and ..",
    )
    .default("mayfly")
    .describe(
      "relative to the worker's own cgroup in each hierarchy; with a leading / from the hierarchy's root",
    ),
  MAYFLY_SANDBOX_UID: z.coerce
    .number("it is no number")
    .int()
    .min(1)
    .default(100_000)
    .describe("host uid and gid of a function's process"),
  MAYFLY_ALLOW_WITHOUT: words
    .default([])
    .describe("walls to do without, by name: memory, pids, cpu, namespaces, seccomp"),
  MAYFLY_ZYGOTE_MEMORY: size
    .optional()
    .describe(
      "what all zygotes of a worker may take together, such as 512m; 0: none, every call boots; default: a quarter of the machine's memory, at most 2g",
    ),
  MAYFLY_ZYGOTE_MAX_FORKS: z.coerce
    .number("it is no number")
    .int()
    .min(1)
    .default(20_000)
    .describe("after so many copies a zygote is replaced, for its copies have one address layout"),
  MAYFLY_ZYGOTE_MAX_AGE_MS: milliseconds
    .default(1_800_000)
    .describe("after this long a zygote that was copied is replaced; 0: never"),
  MAYFLY_ZYGOTE_TUNING: words
    .pipe(z.array(z.enum(ZYGOTE_TUNINGS)))
    .default(["hugePages", "compactHeap", "rehearsedCopies"])
    .describe(
      "what makes copies of a zygote cheaper, by name: hugePages (memory that zygotes do not share), compactHeap; sooner to answer where they were parked in a quiet moment: rehearsedCopies; or none",
    ),
  MAYFLY_SNAPSHOTS: z.coerce
    .number("it is no number")
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe(
      "functions whose `snapshot: true` a worker heeds at a time; 0: none. The places of a snapshot's calls have a function's limits each, so a hostile one can take more than one call may: allow it where you trust who deploys",
    ),
  MAYFLY_PARKED: z.coerce
    .number("it is no number")
    .int()
    .min(0)
    .max(1024)
    .default(8)
    .describe("copies of zygotes that a worker keeps ready for calls to come, at the most"),
  MAYFLY_CEILINGS: ceilings
    .default(DEFAULT_CEILINGS)
    .describe("JSON: what a manifest may ask for at the most"),
  MAYFLY_MAX_WAITING: z.coerce
    .number("it is no number")
    .int()
    .min(1)
    .default(10_000)
    .describe("calls that may wait for one function; more are answered 429"),
  MAYFLY_LOCK_MS: milliseconds
    .default(8000)
    .describe("after this long without a sign of life a worker's job is given to another"),
  MAYFLY_RETENTION_HOURS: z.coerce
    .number("it is no number")
    .positive()
    .default(24)
    .describe("how long records, receipts and logs are kept"),
  MAYFLY_DRAIN_MS: milliseconds.default(30_000).describe("how long SIGTERM waits for what still runs"),
  MAYFLY_DEBUG_HOLD_MS: milliseconds
    .default(0)
    .describe("keeps each emptied cgroup this long, for a reader that compares"),
  MAYFLY_ADMIN_KEY: z
    .string()
    .min(16, "it takes 16 characters or more; make one with: openssl rand -hex 16")
    .optional()
    .describe("an API key with every scope, of the tenant default"),
  MAYFLY_SECRET_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "it takes 64 digits of 0-9 and a-f; make one with: openssl rand -hex 32")
    .optional()
    .describe("32 bytes in hexadecimal that encrypt secrets; default: a file in the data folder"),
  MAYFLY_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("trace, debug, info, warn, error or silent; `mayfly up` gives its parts warn"),
});

/** What the CLI and the tests of this repository read beside. */
const OTHER_VARIABLES = ["MAYFLY_URL", "MAYFLY_API_KEY", "MAYFLY_METRICS_KEY"];

export type Environment = z.output<typeof environmentSchema>;

/**
 * Reads the environment; the message of what it throws names each variable that is wrong, and why. Empty text counts
 * as unset.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith("MAYFLY_") && value?.trim()),
  );
  const parsed = environmentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(
    `The environment is not right: ${faults.join("; ")}. CONTRIBUTING.md and \`mayfly --help\` list every variable.`,
  );
}

/** Sentences on the variables that begin like ours and are none, each with the one that was meant, where one is near. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...Object.keys(environmentSchema.shape), ...OTHER_VARIABLES];
  return Object.keys(env)
    .filter((name) => name.startsWith("MAYFLY_") && !known.includes(name))
    .map((name) => {
      const nearest = nearestOf(name, known);
      return `${name} is none of Mayfly's variables${nearest === null ? "" : `; did you mean ${nearest}?`}`;
    });
}
