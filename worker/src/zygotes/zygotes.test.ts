import { DEFAULT_CEILINGS, type FunctionVersion, parseManifest, type ZygoteEvent } from "@mayfly/contract";
import { SandboxError, type Zygote } from "@mayfly/sandbox-addon";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nameOf, type ZygoteKind } from "./zygote-kind.ts";
import { createZygotes, type Zygotes } from "./zygotes.ts";

const MIB = 1024 ** 2;
const BYTES = 90 * MIB;

/** A zygote that does what a test says. */
interface Made extends Zygote {
  readonly name: string;
  closed: boolean;
  parked: number;
  end(reason: string): void;
}

let made: Made[];
let events: [string, ZygoteEvent][];
let nowMs: number;
/** What the next openings do, in order; then they succeed. */
let openings: (() => Promise<void>)[];

beforeEach(() => {
  vi.useFakeTimers();
  [made, events, nowMs, openings] = [[], [], 0, []];
});
afterEach(() => vi.useRealTimers());

function make(kind: ZygoteKind): Made {
  const ended = Promise.withResolvers<string>();
  const zygote: Made = {
    name: nameOf(kind),
    pid: made.length,
    closed: false,
    parked: 0,
    ended: ended.promise,
    park: (count) => {
      zygote.parked = count;
    },
    close: () => {
      zygote.closed = true;
      ended.resolve("it was closed");
    },
    end: ended.resolve,
  };
  made.push(zygote);
  return zygote;
}

function zygotes({ maxBytes = 10 * BYTES, maxForks = 1e9, maxAgeMs = 0, maxParked = 8 } = {}): Zygotes {
  const silent = () => {};
  return createZygotes({
    async open(kind) {
      await openings.shift()?.();
      return { zygote: make(kind), bytes: BYTES };
    },
    maxBytes,
    maxForks,
    maxAgeMs,
    maxParked,
    now: () => nowMs,
    tell: (kind, event) => void events.push([kind.tenant, event]),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

function functionOf(tenant: string): FunctionVersion {
  const input = { name: "hello", runtime: "nodejs24", entry: "index.ts" };
  const manifest = parseManifest(input, DEFAULT_CEILINGS);
  return { name: "hello", version: "1", tenant, manifest, artifact: "a", createdAt: 0 };
}

/** Everything that was promised and can be had has happened. */
const settled = () => vi.advanceTimersByTimeAsync(0);

async function call(all: Zygotes, tenant = "a") {
  const { lease, why } = all.choose(functionOf(tenant));
  lease?.forked();
  await settled();
  return lease?.zygote ?? why;
}

describe("a call", () => {
  test("boots where there is no zygote yet, and the next one finds it", async () => {
    const all = zygotes();
    expect(await call(all)).toBe("noZygote");
    expect(await call(all)).toBe(made[0]);
  });

  test("finds the one that was opened ahead", async () => {
    const all = zygotes();
    await all.openAhead({ runtime: "nodejs24", memoryClass: 128 * MIB, tenant: "a" });
    expect(await call(all)).toBe(made[0]);
  });

  test("never waits for an opening, and many at once open one zygote", async () => {
    const opening = Promise.withResolvers<void>();
    openings.push(() => opening.promise);
    const all = zygotes();
    for (let count = 0; count < 20; count++) expect(await call(all)).toBe("noZygote");
    opening.resolve();
    await settled();
    expect(made).toHaveLength(1);
    expect(await call(all)).toBe(made[0]);
  });

  test("of a tenant never gets a copy of another tenant's zygote", async () => {
    const all = zygotes();
    for (const tenant of ["a", "b", "a", "b"]) await call(all, tenant);
    expect(await call(all, "a")).toMatchObject({ name: expect.stringMatching(/\/a$/) });
    expect(await call(all, "b")).toMatchObject({ name: expect.stringMatching(/\/b$/) });
    expect(made).toHaveLength(2);
  });
});

describe("a zygote is replaced", () => {
  test("after its forks, by one that is there before it goes", async () => {
    const all = zygotes({ maxForks: 3 });
    for (let count = 0; count < 4; count++) await call(all);
    const successor = Promise.withResolvers<void>();
    openings.push(() => successor.promise);
    expect(await call(all)).toBe(made[0]);
    expect(await call(all)).toBe(made[0]);
    expect(made[0]?.closed).toBe(false);
    successor.resolve();
    await settled();
    expect(made[0]?.closed).toBe(true);
    expect(await call(all)).toBe(made[1]);
    expect(events).toEqual([
      ["a", "opened"],
      ["a", "replaced"],
    ]);
  });

  test("after its time, where somebody has seen its copies", async () => {
    const all = zygotes({ maxAgeMs: 60_000 });
    await all.openAhead({ runtime: "nodejs24", memoryClass: 128 * MIB, tenant: "a" });
    nowMs = 60_000;
    expect(await call(all)).toBe(made[0]);
    expect(made).toHaveLength(1);
    expect(await call(all)).toBe(made[0]);
    expect(await call(all)).toBe(made[1]);
  });

  test("and keeps the one that it has while its successor does not open", async () => {
    const all = zygotes({ maxForks: 1 });
    await call(all);
    await call(all);
    openings.push(() => Promise.reject(new Error("no")));
    for (nowMs = 0; nowMs < 30_000; nowMs += 1000) expect(await call(all)).toBe(made[0]);
    expect(made).toHaveLength(1);
    await call(all);
    expect(await call(all)).toBe(made[1]);
  });
});

describe("what fails", () => {
  const broken = new SandboxError("stepFailed", "no");

  test("three forks in a row: the zygote is given up, and calls boot until a new one is there", async () => {
    const all = zygotes();
    await call(all);
    for (let count = 0; count < 3; count++) {
      expect(made[0]?.closed).toBe(false);
      all.choose(functionOf("a")).lease?.failed(broken);
    }
    expect(made[0]?.closed).toBe(true);
    expect(await call(all)).toBe("noZygote");
    expect(await call(all)).toBe(made[1]);
  });

  test("forks that fail now and then are no reason", async () => {
    const all = zygotes();
    await call(all);
    for (let count = 0; count < 9; count++) {
      all.choose(functionOf("a")).lease?.failed(broken);
      await call(all);
    }
    expect(made).toHaveLength(1);
  });

  test("a zygote that ends by itself has a successor at the next call", async () => {
    const all = zygotes();
    await call(all);
    made[0]?.end("SIGKILL");
    await settled();
    expect(await call(all)).toBe("noZygote");
    expect(await call(all)).toBe(made[1]);
    expect(events).toEqual([
      ["a", "opened"],
      ["a", "failed"],
      ["a", "opened"],
    ]);
  });

  test("openings that fail again and again are tried more and more seldom", async () => {
    const all = zygotes();
    openings.push(...Array.from({ length: 100 }, () => () => Promise.reject(new Error("no"))));
    for (nowMs = 0; nowMs < 60_000; nowMs += 100) expect(await call(all)).toBe("noZygote");
    expect(100 - openings.length).toBeLessThan(9);
    expect(events.every(([, event]) => event === "failed")).toBe(true);
  });
});

describe("memory", () => {
  test("without room for one, every call boots", async () => {
    const all = zygotes({ maxBytes: 0 });
    expect(await call(all)).toBe("noZygote");
    expect(await call(all)).toBe("noZygote");
    expect(made).toEqual([]);
  });

  test("the least used goes where another is used far more", async () => {
    const all = zygotes({ maxBytes: 2 * BYTES });
    for (const tenant of ["a", "b", "b"]) await call(all, tenant);
    nowMs = 30_000;
    for (let count = 0; count < 3; count++) await call(all, "b");
    expect(await call(all, "c")).toBe("noZygote");
    expect(await call(all, "c")).toMatchObject({ name: expect.stringMatching(/\/c$/) });
    expect(made.map(({ closed }) => closed)).toEqual([true, false, false]);
    expect(all.stats()).toContainEqual(
      expect.objectContaining({ runtime: "nodejs24", count: 2, memoryBytes: 2 * BYTES }),
    );
  });

  test("tenants who call in turn do not take it from each other: some fork and the rest boot", async () => {
    const all = zygotes({ maxBytes: 2 * BYTES });
    for (let round = 0; round < 100; round++)
      for (const tenant of ["a", "b", "c", "d"]) await call(all, tenant);
    expect(made.length).toBeLessThan(4);
  });
});

describe("parked copies", () => {
  test("grow with the rate of calls up to the ceiling, and shrink when they stop, until nothing ticks", async () => {
    const all = zygotes();
    await call(all);
    expect(made[0]?.parked).toBe(4);
    for (; nowMs < 60_000; nowMs += 5) await call(all);
    expect(made[0]?.parked).toBe(8);
    while (vi.getTimerCount() > 0 && nowMs < 1_000_000) {
      nowMs += 5000;
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(made[0]?.parked).toBe(4);
    expect(vi.getTimerCount()).toBe(0);
    all.close();
    expect(made[0]?.closed).toBe(true);
  });

  test("of a successor are as many as those of whom it follows", async () => {
    const all = zygotes({ maxForks: 1 });
    for (let count = 0; count < 4; count++) await call(all);
    expect(made.at(-1)?.parked).toBe(4);
    all.close();
  });
});
