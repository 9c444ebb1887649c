import { z } from "zod";
import { MayflyError } from "./errors.ts";
import { formatSize, parseCpuList, parseSize } from "./units.ts";

/**
 * A size as people write it. `unlimited: "allowed"` takes docker's -1 too; elsewhere a size is at least one byte, since
 * the kernel reads a tmpfs of 0 bytes as one without a limit.
 */
const size = (what: string, { unlimited }: { unlimited: "allowed" | "refused" } = { unlimited: "refused" }) =>
  z
    .union([z.string(), z.number()], { error: ({ input }) => notASize(what, input) })
    .transform((value, context) => {
      const bytes = readSize(value);
      if (bytes !== null && (bytes > 0 || (bytes === -1 && unlimited === "allowed"))) return bytes;
      context.addIssue(bytes === -1 ? `${what} cannot be unlimited` : notASize(what, value));
      return z.NEVER;
    });

function readSize(value: string | number): number | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : null;
  return value.trim() === "-1" ? -1 : parseSize(value);
}

function notASize(what: string, value: unknown): string {
  return `${what} is not a size: ${JSON.stringify(value)}. Write a number with b, k, m or g, such as "128m".`;
}

const cpuList = z.string().refine((text) => parseCpuList(text) !== null, {
  error: 'cpusetCpus is not a list of CPUs, such as "0-2,4"',
});

const blockDevice = z.string().regex(/^\/dev\/[\w./-]+$/, 'name a block device, such as "/dev/vda"');
const byteRate = z.object({ device: blockDevice, rate: size("rate") }).strict();
const operationRate = z.object({ device: blockDevice, rate: z.number().int().positive() }).strict();
const ulimit = z
  .object({ soft: z.number().int().nonnegative(), hard: z.number().int().nonnegative() })
  .strict()
  .refine(({ soft, hard }) => soft <= hard, { error: "soft is above hard, which the kernel refuses" });

/** The resource limits (setrlimit(2)) that a manifest may set; RLIMIT_AS is not among them, for it breaks V8. */
export const ULIMIT_NAMES = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nofile",
  "nproc",
  "sigpending",
  "stack",
] as const;
export type UlimitName = (typeof ULIMIT_NAMES)[number];

/** The key `limits` of a manifest, in docker run's names and units (camel case). */
export const limitsInputSchema = z
  .object({
    // The kernel takes no quota below a millisecond, a hundredth of the period.
    cpus: z.number().min(0.01).describe("CPUs at the most, such as 0.5").optional(),
    cpuPeriod: z
      .number()
      .int()
      .min(1000)
      .max(1_000_000)
      .describe("CFS period in microseconds; goes with cpuQuota")
      .optional(),
    cpuQuota: z
      .union([z.literal(-1), z.number().int().min(1000)], {
        error: "cpuQuota is a whole number of microseconds, at least 1000, or -1: unlimited",
      })
      .describe("CFS quota in microseconds of CPU per period; -1: unlimited")
      .optional(),
    cpuShares: z
      .number()
      .int()
      .min(2)
      .max(262_144)
      .describe("relative weight under contention; 1024 is the norm")
      .optional(),
    cpusetCpus: cpuList.describe('the CPUs it may run on, such as "0-2,4"').optional(),
    memory: size("memory", { unlimited: "allowed" })
      .describe('memory at the most, such as "128m"')
      .optional(),
    memorySwap: size("memorySwap", { unlimited: "allowed" })
      .describe("memory and swap together at the most; default: no swap")
      .optional(),
    memoryReservation: size("memoryReservation")
      .describe("memory that is kept for it under pressure")
      .optional(),
    pidsLimit: z
      .union([z.literal(-1), z.number().int().positive()], {
        error: "pidsLimit is a whole number, at least 1, or -1: unlimited",
      })
      .describe("processes and threads at the most")
      .optional(),
    tmpfsSize: size("tmpfsSize").describe("bytes that /tmp and /dev/shm together can hold").optional(),
    tmpfsInodes: z.number().int().min(16).describe("files that /tmp can hold").optional(),
    blkioWeight: z.number().int().min(10).max(1000).describe("relative weight of block I/O").optional(),
    deviceReadBps: z.array(byteRate).describe("bytes per second read from a device, at the most").optional(),
    deviceWriteBps: z
      .array(byteRate)
      .describe("bytes per second written to a device, at the most")
      .optional(),
    deviceReadIops: z.array(operationRate).describe("reads per second from a device, at the most").optional(),
    deviceWriteIops: z.array(operationRate).describe("writes per second to a device, at the most").optional(),
    ulimits: z.partialRecord(z.enum(ULIMIT_NAMES), ulimit).describe("setrlimit(2)'s, by name").optional(),
    timeoutMs: z
      .number()
      .int()
      .min(1)
      .max(86_400_000)
      .describe("wall clock, in milliseconds, from the handler's process to its answer")
      .optional(),
    cpuTimeMs: z.number().int().min(1).describe("CPU time at the most, in milliseconds").optional(),
    resultBytes: size("resultBytes").describe("bytes of result at the most").optional(),
    logBytes: size("logBytes").describe("bytes of log that are kept").optional(),
    egressBps: size("egressBps", { unlimited: "allowed" })
      .describe("bytes per second that may leave")
      .optional(),
  })
  .strict()
  .refine(
    (limits) =>
      limits.cpus === undefined || (limits.cpuPeriod === undefined && limits.cpuQuota === undefined),
    {
      error: "cpus and cpuPeriod/cpuQuota say the same thing twice; keep one of them",
      path: ["cpus"],
    },
  );

export type LimitsInput = z.input<typeof limitsInputSchema>;
type ParsedLimitsInput = z.output<typeof limitsInputSchema>;

export interface DeviceRate {
  /** A block device's path on the worker's host. */
  readonly device: string;
  /** Bytes or operations per second. */
  readonly rate: number;
}

/** Limits as the sandbox takes them: every unit in the name, every default filled in. Null means "no limit". */
export interface Limits {
  readonly cpuPeriodUs: number;
  readonly cpuQuotaUs: number | null;
  readonly cpuShares: number;
  readonly cpusetCpus: string | null;
  readonly memoryBytes: number | null;
  /** Memory and swap together; equal to `memoryBytes` where swap is not allowed. */
  readonly memorySwapBytes: number | null;
  readonly memoryReservationBytes: number | null;
  readonly pidsLimit: number | null;
  readonly tmpfsBytes: number;
  readonly tmpfsInodes: number;
  readonly blkioWeight: number | null;
  readonly deviceReadBps: readonly DeviceRate[];
  readonly deviceWriteBps: readonly DeviceRate[];
  readonly deviceReadIops: readonly DeviceRate[];
  readonly deviceWriteIops: readonly DeviceRate[];
  readonly ulimits: Readonly<Partial<Record<UlimitName, { readonly soft: number; readonly hard: number }>>>;
  readonly timeoutMs: number;
  readonly cpuTimeMs: number | null;
  readonly resultBytes: number;
  readonly logBytes: number;
  readonly egressBps: number | null;
}

const MIB = 1024 ** 2;

export const DEFAULT_LIMITS: Limits = {
  cpuPeriodUs: 100_000,
  cpuQuotaUs: 100_000,
  cpuShares: 1024,
  cpusetCpus: null,
  memoryBytes: 128 * MIB,
  memorySwapBytes: 128 * MIB,
  memoryReservationBytes: null,
  pidsLimit: 64,
  tmpfsBytes: 64 * MIB,
  tmpfsInodes: 16_384,
  blkioWeight: null,
  deviceReadBps: [],
  deviceWriteBps: [],
  deviceReadIops: [],
  deviceWriteIops: [],
  ulimits: {},
  timeoutMs: 10_000,
  cpuTimeMs: null,
  resultBytes: 6 * MIB,
  logBytes: MIB,
  egressBps: null,
};

/** What the operator allows at the most; null means "no ceiling". */
export interface Ceilings {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly pidsLimit: number | null;
  readonly tmpfsBytes: number | null;
  readonly timeoutMs: number | null;
  readonly resultBytes: number | null;
  readonly logBytes: number | null;
}

export const DEFAULT_CEILINGS: Ceilings = {
  cpus: 8,
  memoryBytes: 4096 * MIB,
  pidsLimit: 4096,
  tmpfsBytes: 1024 * MIB,
  timeoutMs: 900_000,
  resultBytes: 32 * MIB,
  logBytes: 16 * MIB,
};

/** Node hangs at its start with fewer (measured: 3 to 6 hang for ever, 1 and 2 abort). */
export const MIN_PIDS_FOR_NODE = 8;
/** Below this a runtime's own boot does not fit. */
export const MIN_MEMORY_BYTES = 4 * MIB;

/** Turns a checked manifest's limits into the sandbox's, with the defaults filled in. */
export function resolveLimits(input: ParsedLimitsInput = {}): Limits {
  const unlimited = (value: number) => (value === -1 ? null : value);
  const memoryBytes = input.memory === undefined ? DEFAULT_LIMITS.memoryBytes : unlimited(input.memory);
  const cpuPeriodUs = input.cpuPeriod ?? DEFAULT_LIMITS.cpuPeriodUs;
  return {
    cpuPeriodUs,
    cpuQuotaUs: cpuQuotaUs(input, cpuPeriodUs),
    cpuShares: input.cpuShares ?? DEFAULT_LIMITS.cpuShares,
    cpusetCpus: input.cpusetCpus ?? null,
    memoryBytes,
    memorySwapBytes: input.memorySwap === undefined ? memoryBytes : unlimited(input.memorySwap),
    memoryReservationBytes: input.memoryReservation ?? null,
    pidsLimit: input.pidsLimit === undefined ? DEFAULT_LIMITS.pidsLimit : unlimited(input.pidsLimit),
    tmpfsBytes: input.tmpfsSize ?? DEFAULT_LIMITS.tmpfsBytes,
    tmpfsInodes: input.tmpfsInodes ?? DEFAULT_LIMITS.tmpfsInodes,
    blkioWeight: input.blkioWeight ?? null,
    deviceReadBps: input.deviceReadBps ?? [],
    deviceWriteBps: input.deviceWriteBps ?? [],
    deviceReadIops: input.deviceReadIops ?? [],
    deviceWriteIops: input.deviceWriteIops ?? [],
    ulimits: dropAbsent(input.ulimits ?? {}),
    timeoutMs: input.timeoutMs ?? DEFAULT_LIMITS.timeoutMs,
    cpuTimeMs: input.cpuTimeMs ?? null,
    resultBytes: input.resultBytes ?? DEFAULT_LIMITS.resultBytes,
    logBytes: input.logBytes ?? DEFAULT_LIMITS.logBytes,
    egressBps: input.egressBps === undefined ? null : unlimited(input.egressBps),
  };
}

function cpuQuotaUs(input: ParsedLimitsInput, periodUs: number): number | null {
  if (input.cpus !== undefined) return Math.round(input.cpus * periodUs);
  if (input.cpuQuota === -1) return null;
  if (input.cpuQuota !== undefined) return input.cpuQuota;
  return input.cpuPeriod === undefined ? DEFAULT_LIMITS.cpuQuotaUs : periodUs;
}

function dropAbsent(ulimits: NonNullable<ParsedLimitsInput["ulimits"]>): Limits["ulimits"] {
  return Object.fromEntries(Object.entries(ulimits).filter(([, value]) => value !== undefined));
}

/**
 * Refuses limits that are over the operator's ceilings.
 *
 * @throws MayflyError `limitOverCeiling`, naming the limit, what was asked and the ceiling
 */
export function checkCeilings(limits: Limits, ceilings: Ceilings): void {
  const cpus = limits.cpuQuotaUs === null ? null : limits.cpuQuotaUs / limits.cpuPeriodUs;
  const rows: [name: string, asked: number | null, ceiling: number | null, show: (n: number) => string][] = [
    ["cpus", cpus, ceilings.cpus, String],
    ["memory", limits.memoryBytes, ceilings.memoryBytes, formatSize],
    ["memorySwap", limits.memorySwapBytes, ceilings.memoryBytes, formatSize],
    ["pidsLimit", limits.pidsLimit, ceilings.pidsLimit, String],
    ["tmpfsSize", limits.tmpfsBytes, ceilings.tmpfsBytes, formatSize],
    ["timeoutMs", limits.timeoutMs, ceilings.timeoutMs, String],
    ["resultBytes", limits.resultBytes, ceilings.resultBytes, formatSize],
    ["logBytes", limits.logBytes, ceilings.logBytes, formatSize],
  ];
  for (const [name, asked, ceiling, show] of rows) {
    if (ceiling === null || (asked !== null && asked <= ceiling)) continue;
    const askedText = asked === null ? "unlimited" : show(asked);
    throw new MayflyError(
      "limitOverCeiling",
      `limits.${name} is ${askedText}, and this installation allows ${show(ceiling)} at the most. Lower it, or ask the operator to raise the ceiling (MAYFLY_CEILINGS).`,
      { facts: { limit: name, asked: askedText, ceiling: show(ceiling) } },
    );
  }
}
