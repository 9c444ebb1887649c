import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ManifestInput } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type System, startSystem } from "../support/system.ts";
import { panelQueries, substitute } from "./dashboard-queries.ts";
import { type Prometheus, type RuleState, startPrometheus } from "./prometheus.ts";

const CALLS_OF_EACH = 3;

/** One function for each thing that an operator must see. */
const FUNCTIONS: Record<string, { limits?: ManifestInput["limits"]; code: string }> = {
  well: { code: "export default async (event: unknown) => event;" },
  throws: { code: "export default async () => { throw new TypeError('no'); };" },
  hog: {
    limits: { memory: "64m" },
    code: "export default async () => { const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1)); };",
  },
  sleeps: {
    limits: { timeoutMs: 300 },
    code: "export default () => new Promise((done) => setTimeout(done, 60_000));",
  },
  burns: {
    limits: { cpus: 0.2 },
    code: "export default async () => { const end = Date.now() + 1000; while (Date.now() < end); };",
  },
  forks: {
    limits: { pidsLimit: 24 },
    code: `import { spawn } from "node:child_process";
      const start = () => new Promise((done) => spawn("/bin/sleep", ["5"]).once("spawn", () => done(1)).once("error", () => done(0)));
      export default async () => (await Promise.all(Array.from({ length: 40 }, start))).length;`,
  },
};

/** Queries that rightly find nothing in a healthy run, each with the reason. */
const MAY_BE_EMPTY: Record<string, string> = {
  'mayfly_http_requests_total{status="429"}': "no call was refused",
  'mayfly_invocations_total{function="_other"}': "fewer functions than have series of their own",
};

let system: System;
let prometheus: Prometheus;

beforeAll(async () => {
  system = await startSystem({ MAYFLY_CGROUP_PARENT: `mayfly-test-metrics-${process.pid}` });
  prometheus = await startPrometheus({
    "mayfly-gateway": [new URL(system.url).host],
    "mayfly-worker": system.workers.map(({ metricsUrl }) => new URL(metricsUrl ?? "").host),
  });
  for (const [name, { limits = {}, code }] of Object.entries(FUNCTIONS))
    await system.deploy({ name, runtime: "nodejs24", entry: "index.ts", limits }, { "index.ts": code });
  // Prometheus must have seen the counters at 0 to see them rise.
  await seen(`count_over_time(mayfly_oom_kills_total{function="forks"}[1m]) >= 2`);
  for (let call = 0; call < CALLS_OF_EACH; call++)
    for (const name of Object.keys(FUNCTIONS)) await (await system.call(name, { call })).arrayBuffer();
  await seen(`sum(mayfly_invocations_total) == ${CALLS_OF_EACH * Object.keys(FUNCTIONS).length}`);
  await scrapes(4);
}, 180_000);

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

describe("every panel", () => {
  test.each(panelQueries())("$dashboard / $panel: $expr", async ({ expr, instant, variable }) => {
    const values = await valuesOf(variable);
    const answers = await Promise.all(
      values.map((value) => {
        const query = substitute(expr, variable, value);
        return instant ? prometheus.instant(query) : prometheus.range(query);
      }),
    );
    expect(answers.flat().length, `no data for any of ${values.join(", ")}`).toBeGreaterThan(0);
  });
});

describe("every rule", () => {
  test("is evaluated without an error", async () => {
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(25);
    for (const { name, health, lastError } of rules)
      expect([name, health, lastError]).toEqual([name, "ok", undefined]);
  });

  test("that records finds data", async () => {
    for (const { name } of await rulesOf("recording"))
      expect((await prometheus.instant(name)).length, name).toBeGreaterThan(0);
  });

  test("that alerts watches series that exist", async () => {
    for (const { name, query } of await rulesOf("alerting")) {
      for (const [selector] of query.matchAll(
        /[a-z_:]*(?:mayfly|nodejs|process)_[\w:]+(?:\{[^}]*\})?|\bup\{[^}]*\}/g,
      )) {
        if (selector in MAY_BE_EMPTY) continue;
        expect((await prometheus.instant(selector)).length, `${name}: ${selector}`).toBeGreaterThan(0);
      }
    }
  });

  test("fires for what this run did wrong on purpose, and for nothing else", async () => {
    const firing = async () => {
      const alerts = (await rulesOf("alerting")).filter(({ state }) => state === "firing");
      return new Set(alerts.map(({ name }) => name));
    };
    // A rule is evaluated at intervals of its own, so it may not have looked since the last scrape.
    await expect
      .poll(firing, { timeout: 20_000 })
      .toEqual(new Set(["MayflyFunctionForksRefused", "MayflyFunctionOutOfMemory"]));
  });
});

describe("what was counted", () => {
  test("is each invocation once, by its outcome", async () => {
    const outcomes = await prometheus.instant("sum by (function, outcome) (mayfly_invocations_total) > 0");
    expect(
      Object.fromEntries(
        outcomes.map(({ metric, value }) => [`${metric["function"]} ${metric["outcome"]}`, value]),
      ),
    ).toEqual({
      "well ok": CALLS_OF_EACH,
      "throws functionError": CALLS_OF_EACH,
      "hog outOfMemory": CALLS_OF_EACH,
      "sleeps timedOut": CALLS_OF_EACH,
      "burns ok": CALLS_OF_EACH,
      "forks ok": CALLS_OF_EACH,
    });
  });

  test("includes what the kernel did to whom", async () => {
    const whom = async (counter: string) =>
      (await prometheus.instant(`sum by (function) (${counter}) > 0`)).map(
        ({ metric }) => metric["function"],
      );
    expect(await whom("mayfly_oom_kills_total")).toEqual(["hog"]);
    expect(await whom("mayfly_pids_refused_total")).toEqual(["forks"]);
    expect(await whom("faas_timeouts_total")).toEqual(["sleeps"]);
    expect(await whom("mayfly_cpu_throttled_seconds_total")).toContain("burns");
  });

  test("leads from a bucket to an invocation that can be read, by its exemplar", async () => {
    const [exemplar] = await prometheus.exemplars(
      'mayfly_invocation_duration_seconds_bucket{function="throws"}',
    );
    const record = await system.record(exemplar?.["invocation_id"] ?? "none");
    expect(record).toMatchObject({ function: "throws", outcome: { kind: "functionError" } });
  });

  test("leaked nothing", async () => {
    const leaked = await prometheus.instant("mayfly_leaked_total");
    expect(leaked.map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  });
});

test("the worker's variable shows its id and selects by its address", async () => {
  const [info] = await prometheus.instant("mayfly_worker_info");
  const dashboard = JSON.parse(
    await readFile(join(import.meta.dirname, "../../metrics/grafana/dashboards/mayfly-worker.json"), "utf8"),
  ) as { templating: { list: { name: string; regex?: string }[] } };
  const [, pattern = ""] =
    /^\/(.*)\/g$/.exec(dashboard.templating.list.find(({ name }) => name === "worker")?.regex ?? "") ?? [];
  // What Grafana's query_result() makes of a series.
  const labels = Object.entries(info?.metric ?? {}).map(([name, value]) => `${name}="${value}"`);
  const found = [...`mayfly_worker_info{${labels.join(",")}} 1 0`.matchAll(new RegExp(pattern, "g"))];
  const groups = Object.assign(
    {},
    ...found.map(({ groups }) => JSON.parse(JSON.stringify(groups))),
  ) as Record<string, string>;
  expect(groups).toEqual({ text: info?.metric["worker"], value: info?.metric["instance"] });
});

async function rulesOf(type: RuleState["type"]): Promise<RuleState[]> {
  return (await prometheus.rules()).filter((rule) => rule.type === type);
}

async function valuesOf(variable: "function" | "worker" | null): Promise<string[]> {
  if (variable === null) return [""];
  return variable === "function"
    ? prometheus.labelValues("function", "mayfly_queue_jobs")
    : prometheus.labelValues("instance", "mayfly_worker_info");
}

/** Waits until Prometheus has scraped and evaluated this often. */
/** Until a query finds something, which on a busy machine may be some scrapes later. */
async function seen(query: string): Promise<void> {
  await vi.waitUntil(async () => (await prometheus.instant(query)).length > 0, {
    timeout: 60_000,
    interval: 500,
  });
}

async function scrapes(times: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, times * 1000));
}
