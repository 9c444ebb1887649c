import { describe, expect, it } from "vitest";
import { environmentSchema, readEnvironment, unknownVariables } from "./environment.ts";
import { DEFAULT_CEILINGS } from "./limits.ts";

describe("the environment", () => {
  it("is complete by its defaults", () => {
    expect(readEnvironment({})).toEqual({
      MAYFLY_HOST: "127.0.0.1",
      MAYFLY_PORT: 8080,
      MAYFLY_DATA_DIR: "./.mayfly",
      MAYFLY_WORKER_METRICS_HOST: "127.0.0.1",
      MAYFLY_WORKER_METRICS_PORT: 9464,
      MAYFLY_CGROUP_PARENT: "mayfly",
      MAYFLY_SANDBOX_UID: 100_000,
      MAYFLY_ALLOW_WITHOUT: [],
      MAYFLY_ZYGOTE_MAX_FORKS: 20_000,
      MAYFLY_ZYGOTE_MAX_AGE_MS: 1_800_000,
      MAYFLY_ZYGOTE_TUNING: ["hugePages", "compactHeap", "rehearsedCopies"],
      MAYFLY_SNAPSHOTS: 0,
      MAYFLY_PARKED: 8,
      MAYFLY_CEILINGS: DEFAULT_CEILINGS,
      MAYFLY_MAX_WAITING: 10_000,
      MAYFLY_LOCK_MS: 8000,
      MAYFLY_RETENTION_HOURS: 24,
      MAYFLY_DRAIN_MS: 30_000,
      MAYFLY_DEBUG_HOLD_MS: 0,
      MAYFLY_LOG_LEVEL: "info",
    });
  });

  it("leaves alone what is not Mayfly's, and takes empty text for unset", () => {
    expect(readEnvironment({ PATH: "/bin", MAYFLY_PORT: "", MAYFLY_HOST: " " })).toMatchObject({
      MAYFLY_PORT: 8080,
      MAYFLY_HOST: "127.0.0.1",
    });
  });

  it("reads numbers, lists and JSON from text", () => {
    const read = readEnvironment({
      MAYFLY_PORT: "0",
      MAYFLY_ALLOW_WITHOUT: "seccomp, cpu,",
      MAYFLY_ZYGOTE_MEMORY: "512m",
      MAYFLY_CEILINGS: '{"memoryBytes":1073741824,"cpus":null}',
    });
    expect(read.MAYFLY_PORT).toBe(0);
    expect(read.MAYFLY_ALLOW_WITHOUT).toEqual(["seccomp", "cpu"]);
    expect(read.MAYFLY_ZYGOTE_MEMORY).toBe(512 * 1024 ** 2);
    expect(read.MAYFLY_CEILINGS).toEqual({ ...DEFAULT_CEILINGS, memoryBytes: 1024 ** 3, cpus: null });
  });

  it.each([
    ["MAYFLY_PORT", "http"],
    ["MAYFLY_PORT", "65536"],
    ["MAYFLY_CONCURRENCY", "0"],
    ["MAYFLY_CGROUP_PARENT", "../outside"],
    ["MAYFLY_CGROUP_PARENT", "a/../../b"],
    ["MAYFLY_WORKER_ID", "a/b"],
    ["MAYFLY_WORKER_ID", ".."],
    ["MAYFLY_CEILINGS", "4g"],
    ["MAYFLY_CEILINGS", '{"memory":1}'],
    ["MAYFLY_SECRET_KEY", "abc"],
    ["MAYFLY_ZYGOTE_MEMORY", "much"],
    ["MAYFLY_PARKED", "-1"],
    ["MAYFLY_ZYGOTE_TUNING", "smallPages"],
    ["MAYFLY_REDIS_URL", "localhost:6379"],
    ["MAYFLY_LOG_LEVEL", "loud"],
  ])("refuses %s=%s by name", (name, value) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(
      new RegExp(`${name}(\\.0)?: .+\\. CONTRIBUTING`),
    );
  });

  it("names everything that is wrong at once", () => {
    expect(() => readEnvironment({ MAYFLY_PORT: "x", MAYFLY_LOCK_MS: "-1" })).toThrow(
      /MAYFLY_PORT.*MAYFLY_LOCK_MS/,
    );
  });

  it("describes every variable", () => {
    const undescribed = Object.entries(environmentSchema.shape).filter(([, schema]) => !schema.description);
    expect(undescribed.map(([name]) => name)).toEqual([]);
  });

  it("tells of a name that is misspelt, and is silent on names that are not ours", () => {
    const env = { MAYFLY_PROT: "1", MAYFLY_URL: "http://a", MAYFLY_PORT: "1", PATH: "/bin" };
    expect(unknownVariables(env)).toEqual([
      "MAYFLY_PROT is none of Mayfly's variables; did you mean MAYFLY_PORT?",
    ]);
  });
});
