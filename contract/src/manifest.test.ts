import { describe, expect, it } from "vitest";
import { MayflyError } from "./errors.ts";
import { DEFAULT_CEILINGS, DEFAULT_LIMITS } from "./limits.ts";
import { FUNCTION_NAME, parseManifest, RUNTIMES } from "./manifest.ts";

const least = { name: "hello", runtime: "nodejs24", entry: "index.ts" };
const read = (more: Record<string, unknown> = {}) => parseManifest({ ...least, ...more }, DEFAULT_CEILINGS);

describe("a manifest", () => {
  it("needs a name, a runtime and an entry; the rest has defaults", () => {
    expect(read()).toEqual({
      ...least,
      limits: DEFAULT_LIMITS,
      network: "none",
      env: {},
      secrets: [],
      retry: { attempts: 1, backoffMs: 1000, backoff: "exponential" },
      isolation: "fork",
      snapshot: false,
    });
  });

  it("says everything that is missing at once", () => {
    expect(faultsOf({})).toEqual(["name: is missing", "runtime: is missing", "entry: is missing"]);
  });

  it.each([null, "text", 7, [], undefined])("is refused where it is %j and no object", (input) => {
    expect(faultsOf(input)).toHaveLength(1);
  });

  it("drops its $schema, which is for editors", () => {
    expect(read({ $schema: "./function.schema.json" })).not.toHaveProperty("$schema");
  });

  it("fills in a retry that is given in part", () => {
    expect(read({ retry: { attempts: 3 } }).retry).toEqual({
      attempts: 3,
      backoffMs: 1000,
      backoff: "exponential",
    });
  });

  it("keeps over-the-ceiling apart from wrong", () => {
    expect(refusalOf(() => read({ limits: { memory: "64g" } })).code).toBe("limitOverCeiling");
    expect(refusalOf(() => read({ limits: { memory: "64q" } })).code).toBe("invalidManifest");
  });
});

describe("a name", () => {
  it.each(["a", "0", "thumbnail", "a-b", "a--b", "x".repeat(63)])("may be %s", (name) => {
    expect(name).toMatch(FUNCTION_NAME);
  });

  it.each(["", "-a", "a-", "A", "a_b", "a.b", "../etc", "a/b", "a\n", "ä", "x".repeat(64)])(
    "may not be %j",
    (name) => {
      expect(name).not.toMatch(FUNCTION_NAME);
      expect(faultsOf({ ...least, name })[0]).toContain("1 to 63 of a-z");
    },
  );
});

describe("an entry", () => {
  it.each(["index.ts", "src/index.mts", "a.js", "a.mjs", "a.cjs", "a.tsx"])(
    "of nodejs may be %s",
    (entry) => {
      expect(read({ entry }).entry).toBe(entry);
    },
  );

  it("is kept without a leading ./, so that it is the name of an uploaded file", () => {
    expect(read({ entry: "./src//index.ts" }).entry).toBe("src/index.ts");
  });

  it.each(["/etc/passwd.js", "../a.js", "a/../../b.js"])("may not leave the folder: %s", (entry) => {
    expect(faultsOf({ ...least, entry })).toEqual(["entry: entry is a path inside the function's folder"]);
  });

  it.each([
    ["nodejs24", "handler.py", ".ts .mts .js .mjs .cjs .tsx"],
    ["nodejs20", "index", ".ts .mts .js .mjs .cjs .tsx"],
    ["python3", "index.ts", ".py"],
  ])("of %s may not be %s", (runtime, entry, takes) => {
    expect(faultsOf({ ...least, runtime, entry })[0]).toContain(
      `cannot be run by ${runtime}; it takes ${takes}`,
    );
  });

  it("of exec may be any file", () => {
    expect(read({ runtime: "exec", entry: "bin/run" }).entry).toBe("bin/run");
  });
});

describe("env and secrets", () => {
  it.each(["LD_PRELOAD", "LD_LIBRARY_PATH", "NODE_OPTIONS"])("refuse %s, and say why", (name) => {
    const why = "LD_* and NODE_OPTIONS are refused, since they change what the runtime itself loads";
    expect(faultsOf({ ...least, env: { [name]: "x" } })).toEqual([`env.${name}: ${why}`]);
    expect(faultsOf({ ...least, secrets: [name] })).toEqual([`secrets.0: ${why}`]);
  });

  it.each(["1A", "A-B", "A=B", ""])("refuse the name %j", (name) => {
    expect(faultsOf({ ...least, env: { [name]: "x" } })[0]).toContain("letters, digits and _");
  });

  it("take what an environment can hold, and refuse what execve could not pass on", () => {
    expect(read({ env: { MODE: "fast", EMPTY: "", TEXT: "grüß dich\n" } }).env).toHaveProperty("EMPTY", "");
    expect(faultsOf({ ...least, env: { A: "a\0b" } })).toEqual([
      "env.A: a value cannot hold a NUL character",
    ]);
    expect(faultsOf({ ...least, env: { A: 1 } })[0]).toContain("expected string");
    expect(faultsOf({ ...least, env: { A: "x".repeat(64 * 1024) } })[0]).toContain("more than 64k");
  });
});

describe("isolation and snapshot", () => {
  const exec = { runtime: "exec", entry: "run" };

  it.each([
    ["nodejs24", "index.ts", "fork"],
    ["nodejs20", "index.ts", "fork"],
    ["python3", "main.py", "fork"],
    ["exec", "run", "exec"],
  ])("%s is with the entry %s is started by %s where nothing is said", (runtime, entry, isolation) => {
    expect(read({ runtime, entry }).isolation).toBe(isolation);
  });

  it("exec is what anybody may choose, and all that an executable can have", () => {
    expect(read({ isolation: "exec" }).isolation).toBe("exec");
    expect(read({ ...exec, isolation: "exec" }).isolation).toBe("exec");
    expect(faultsOf({ ...least, ...exec, isolation: "fork" })[0]).toContain(
      "no runtime that could be forked",
    );
  });

  it("a snapshot is nodejs's alone, and of no use to a boot", () => {
    expect(read({ snapshot: true }).snapshot).toBe(true);
    expect(faultsOf({ ...least, ...exec, snapshot: true })[0]).toContain("only nodejs has one");
    expect(faultsOf({ ...least, runtime: "python3", entry: "a.py", snapshot: true })[0]).toContain(
      "only nodejs has one",
    );
    expect(faultsOf({ ...least, isolation: "exec", snapshot: true })[0]).toContain("has no use for one");
  });
});

describe("floors", () => {
  it("keep Node from hanging at its start for want of threads", () => {
    expect(faultsOf({ ...least, limits: { pidsLimit: 7 } })[0]).toContain("Node hangs at its start below 8");
    expect(read({ limits: { pidsLimit: 8 } }).limits.pidsLimit).toBe(8);
    expect(read({ runtime: "exec", entry: "run", limits: { pidsLimit: 1 } }).limits.pidsLimit).toBe(1);
  });

  it("keep memory large enough for a process", () => {
    expect(faultsOf({ ...least, limits: { memory: "3m" } })[0]).toContain("at least 4m");
  });

  it.each([
    [{ memory: "128m", memorySwap: "64m" }, "memorySwap counts memory and swap together"],
    [{ memory: "128m", memoryReservation: "256m" }, "memoryReservation is a part of limits.memory"],
  ])("keep %j from contradicting itself", (limits, fault) => {
    expect(faultsOf({ ...least, limits })[0]).toContain(fault);
  });
});

it("every runtime is one that a manifest can name", () => {
  for (const runtime of RUNTIMES) {
    const entry = runtime === "python3" ? "a.py" : "a.js";
    expect(read({ runtime, entry }).runtime).toBe(runtime);
  }
});

function faultsOf(input: unknown): string[] {
  const refused = refusalOf(() => parseManifest(input, DEFAULT_CEILINGS));
  expect(refused.message).toMatch(/^function\.json is not right: /);
  return refused.facts["faults"] as string[];
}

function refusalOf(parse: () => unknown): MayflyError {
  try {
    parse();
  } catch (error) {
    if (error instanceof MayflyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
