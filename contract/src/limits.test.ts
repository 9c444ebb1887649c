import { describe, expect, it } from "vitest";
import { MayflyError } from "./errors.ts";
import {
  type Ceilings,
  checkCeilings,
  DEFAULT_CEILINGS,
  DEFAULT_LIMITS,
  type LimitsInput,
  limitsInputSchema,
  resolveLimits,
} from "./limits.ts";

const NO_CEILINGS = Object.fromEntries(
  Object.keys(DEFAULT_CEILINGS).map((name) => [name, null]),
) as unknown as Ceilings;

const read = (input: LimitsInput) => resolveLimits(limitsInputSchema.parse(input));
const faultOf = (input: unknown) => limitsInputSchema.safeParse(input).error?.issues[0]?.message;

describe("limits that are left out", () => {
  it("get the defaults", () => {
    expect(read({})).toEqual(DEFAULT_LIMITS);
    expect(resolveLimits(undefined)).toEqual(DEFAULT_LIMITS);
  });

  it("have defaults within the default ceilings", () => {
    expect(() => checkCeilings(DEFAULT_LIMITS, DEFAULT_CEILINGS)).not.toThrow();
  });
});

describe("CPU", () => {
  it.each([
    ["cpus as a share of the default period", { cpus: 0.5 }, 100_000, 50_000],
    ["the least that the kernel takes", { cpus: 0.01 }, 100_000, 1000],
    ["a period and a quota", { cpuPeriod: 50_000, cpuQuota: 10_000 }, 50_000, 10_000],
    ["a quota in the default period", { cpuQuota: 20_000 }, 100_000, 20_000],
    ["a period alone as one CPU of it", { cpuPeriod: 20_000 }, 20_000, 20_000],
    ["a quota of -1 as none", { cpuQuota: -1 }, 100_000, null],
  ] as const)("takes %s", (_, input, cpuPeriodUs, cpuQuotaUs) => {
    expect(read(input)).toMatchObject({ cpuPeriodUs, cpuQuotaUs });
  });

  it("refuses to be told the same thing twice", () => {
    expect(faultOf({ cpus: 1, cpuQuota: 50_000 })).toContain("say the same thing twice");
    expect(faultOf({ cpus: 1, cpuPeriod: 50_000 })).toContain("say the same thing twice");
  });

  it("refuses a quota below the kernel's least, in either way to write it", () => {
    expect(faultOf({ cpus: 0.001 })).toContain(">=0.01");
    expect(faultOf({ cpuQuota: 999 })).toContain(">=1000");
  });

  it("refuses a list of CPUs that is none", () => {
    expect(read({ cpusetCpus: "0-1" }).cpusetCpus).toBe("0-1");
    expect(faultOf({ cpusetCpus: "1-0" })).toContain("not a list of CPUs");
  });
});

describe("memory", () => {
  it("allows no swap by default: memory and swap together are what memory is", () => {
    expect(read({ memory: "256m" })).toMatchObject({
      memoryBytes: 256 * 1024 ** 2,
      memorySwapBytes: 256 * 1024 ** 2,
    });
  });

  it("takes bytes as a number", () => {
    expect(read({ memory: 67_108_864 }).memoryBytes).toBe(67_108_864);
  });

  it("takes -1 as unlimited, as number and as text, and swap with it", () => {
    expect(read({ memory: -1 })).toMatchObject({ memoryBytes: null, memorySwapBytes: null });
    expect(read({ memory: "128m", memorySwap: "-1" })).toMatchObject({ memorySwapBytes: null });
  });

  it.each(["12 apples", "", "-5m", true, null, 1.5, 0, "0m"])(
    "refuses %j and shows how a size is written",
    (memory) => {
      expect(faultOf({ memory })).toMatch(/^memory is not a size: .*such as "128m"/);
    },
  );
});

describe("sizes that the kernel would take for unlimited", () => {
  it.each(["tmpfsSize", "resultBytes", "logBytes", "memoryReservation"])(
    "%s is refused as -1 and as 0",
    (name) => {
      expect(faultOf({ [name]: -1 })).toBe(`${name} cannot be unlimited`);
      expect(faultOf({ [name]: 0 })).toContain("is not a size");
    },
  );
});

describe("ulimits", () => {
  it("are kept by name", () => {
    expect(read({ ulimits: { nofile: { soft: 64, hard: 128 } } }).ulimits).toEqual({
      nofile: { soft: 64, hard: 128 },
    });
  });

  it("are refused where soft is above hard, and where the name is unknown (as, for one, breaks V8)", () => {
    expect(faultOf({ ulimits: { nofile: { soft: 2, hard: 1 } } })).toContain("soft is above hard");
    expect(limitsInputSchema.safeParse({ ulimits: { as: { soft: 1, hard: 1 } } }).success).toBe(false);
  });
});

describe("ceilings", () => {
  it.each([
    ["cpus", { cpus: 8.5 }, "8.5", "8"],
    ["cpus", { cpuQuota: -1 }, "unlimited", "8"],
    ["cpus", { cpuPeriod: 10_000, cpuQuota: 90_000 }, "9", "8"],
    ["memory", { memory: "5g" }, "5g", "4g"],
    ["memory", { memory: -1 }, "unlimited", "4g"],
    ["memorySwap", { memory: "1g", memorySwap: -1 }, "unlimited", "4g"],
    ["pidsLimit", { pidsLimit: -1 }, "unlimited", "4096"],
    ["tmpfsSize", { tmpfsSize: "2g" }, "2g", "1g"],
    ["timeoutMs", { timeoutMs: 900_001 }, "900001", "900000"],
    ["resultBytes", { resultBytes: "64m" }, "64m", "32m"],
    ["logBytes", { logBytes: "17m" }, "17m", "16m"],
  ] as [string, LimitsInput, string, string][])(
    "of %s refuses %j and names both",
    (limit, input, asked, ceiling) => {
      const refused = refusalOf(() => checkCeilings(read(input), DEFAULT_CEILINGS));
      expect(refused.code).toBe("limitOverCeiling");
      expect(refused.facts).toEqual({ limit, asked, ceiling });
      expect(refused.message).toContain(
        `limits.${limit} is ${asked}, and this installation allows ${ceiling}`,
      );
    },
  );

  it("allow what is exactly at them", () => {
    const input = { cpus: 8, memory: "4g", pidsLimit: 4096, tmpfsSize: "1g", timeoutMs: 900_000 };
    expect(() => checkCeilings(read(input), DEFAULT_CEILINGS)).not.toThrow();
  });

  it("that are null allow docker's -1", () => {
    const input = { cpuQuota: -1, memory: -1, memorySwap: -1, pidsLimit: -1 } as const;
    expect(() => checkCeilings(read(input), NO_CEILINGS)).not.toThrow();
  });
});

function refusalOf(check: () => void): MayflyError {
  try {
    check();
  } catch (error) {
    if (error instanceof MayflyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
