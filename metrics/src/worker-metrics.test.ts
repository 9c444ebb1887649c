import { DEFAULT_LIMITS, type Receipt, receiptSchema } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { createWorkerMetrics, type WorkerMetrics } from "./worker-metrics.ts";

const ID = "0199f3a1-7c20-7bb1-8f5e-5d2a9f0c1e77";
const OPENMETRICS = "application/openmetrics-text";

/** A receipt as cgroup v1 gives it for a short attempt: what the kernel could not tell is null. */
const shortOnV1: Receipt = receiptSchema.parse({
  cgroupMode: "v1",
  isolation: "exec",
  worker: "host-1",
  timing: { queueUs: 400, setupUs: 1500, initUs: 24_000, runUs: 3000, teardownUs: 800 },
  cpu: {
    usageUs: 7000,
    userUs: null,
    systemUs: null,
    periods: null,
    throttledPeriods: null,
    throttledUs: null,
  },
  memory: { peakBytes: 30 * 1024 ** 2, limitBytes: 128 * 1024 ** 2, oomKills: 0, majorFaults: 2 },
  pids: { peak: 11, limit: 64, refused: 0 },
  io: { readBytes: null, writeBytes: null, readOps: null, writeOps: null },
  network: { rxBytes: 100, txBytes: 40 },
  tmpfs: { peakBytes: null },
  output: { resultBytes: 2, logBytes: 0 },
  enforced: ["memory", "pids", "cpu"],
});

/** The same attempt where everything is counted, with every limit met. */
const busyOnV2: Receipt = {
  ...shortOnV1,
  cgroupMode: "v2",
  cpu: {
    usageUs: 2_000_000,
    userUs: 1_500_000,
    systemUs: 500_000,
    periods: 40,
    throttledPeriods: 30,
    throttledUs: 1_200_000,
  },
  memory: { peakBytes: 128 * 1024 ** 2, limitBytes: 128 * 1024 ** 2, oomKills: 1, majorFaults: 0 },
  pids: { peak: 64, limit: 64, refused: 5 },
  io: { readBytes: 4096, writeBytes: 8192, readOps: 1, writeOps: 2 },
};

function workerMetrics(options: { maxFunctions?: number } = {}): WorkerMetrics {
  return createWorkerMetrics({
    worker: "host-1",
    gauges: {
      slots: () => ({ total: 4, busy: 1 }),
      leaked: () => ({ processes: 0, cgroups: 0, mounts: 0, netns: 0 }),
      zygotes: () => [{ runtime: "nodejs24", count: 1, parked: 4, memoryBytes: 80_000_000 }],
    },
    ...options,
  });
}

const plain = async (metrics: WorkerMetrics) => (await metrics.expose(undefined)).body.split("\n");

describe("one attempt", () => {
  test("every counter of its receipt reaches its metric, in base units", async () => {
    const metrics = workerMetrics();
    metrics.observer.taken("resize", 400);
    metrics.observer.attemptEnded("resize", "outOfMemory", busyOnV2, DEFAULT_LIMITS, ID);
    metrics.observer.terminal("resize", "outOfMemory", 2.5, ID);
    metrics.observer.started("resize", { how: "boot", why: "noZygote" });
    expect(await plain(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_attempts_total{function="resize",outcome="outOfMemory"} 1',
        'mayfly_invocations_total{function="resize",outcome="outOfMemory"} 1',
        'mayfly_invocation_duration_seconds_sum{function="resize"} 2.5',
        'mayfly_queue_wait_seconds_sum{function="resize"} 0.0004',
        'mayfly_phase_duration_seconds_sum{phase="setup"} 0.0015',
        'mayfly_phase_duration_seconds_sum{phase="init"} 0.024',
        'mayfly_phase_duration_seconds_sum{phase="run"} 0.003',
        'mayfly_phase_duration_seconds_sum{phase="teardown"} 0.0008',
        'mayfly_cpu_usage_seconds_total{function="resize"} 2',
        'mayfly_cpu_seconds_total{function="resize",mode="user"} 1.5',
        'mayfly_cpu_seconds_total{function="resize",mode="system"} 0.5',
        'mayfly_cpu_throttled_seconds_total{function="resize"} 1.2',
        'mayfly_cpu_periods_total{function="resize"} 40',
        'mayfly_cpu_throttled_periods_total{function="resize"} 30',
        'mayfly_memory_peak_bytes_sum{function="resize"} 134217728',
        'mayfly_memory_limit_bytes{function="resize"} 134217728',
        'mayfly_cpu_limit_cores{function="resize"} 1',
        'mayfly_pids_limit{function="resize"} 64',
        'mayfly_timeout_seconds{function="resize"} 10',
        'mayfly_oom_kills_total{function="resize"} 1',
        'mayfly_pids_peak_sum{function="resize"} 64',
        'mayfly_pids_refused_total{function="resize"} 5',
        'mayfly_io_bytes_total{function="resize",direction="read"} 4096',
        'mayfly_io_bytes_total{function="resize",direction="write"} 8192',
        'mayfly_network_bytes_total{function="resize",direction="receive"} 100',
        'mayfly_network_bytes_total{function="resize",direction="transmit"} 40',
        'faas_invoke_duration_seconds_sum{function="resize"} 0.003',
        'faas_init_duration_seconds_sum{function="resize"} 0.024',
        'faas_coldstarts_total{function="resize"} 1',
        'faas_errors_total{function="resize"} 1',
        'faas_timeouts_total{function="resize"} 0',
        'faas_mem_usage_bytes_sum{function="resize"} 134217728',
        'faas_cpu_usage_seconds_sum{function="resize"} 2',
        'faas_net_io_bytes_sum{function="resize"} 140',
      ]),
    );
  });

  test("a counter that the kernel could not give is not counted as 0", async () => {
    const metrics = workerMetrics();
    metrics.observer.attemptEnded("hello", "ok", busyOnV2, DEFAULT_LIMITS, ID);
    const unknownPeak = { ...shortOnV1, memory: { ...shortOnV1.memory, peakBytes: null } };
    metrics.observer.attemptEnded("hello", "ok", unknownPeak, DEFAULT_LIMITS, ID);
    expect(await plain(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_memory_peak_bytes_count{function="hello"} 1',
        'mayfly_cpu_seconds_total{function="hello",mode="user"} 1.5',
        'mayfly_cpu_usage_seconds_total{function="hello"} 2.007',
        'mayfly_io_bytes_total{function="hello",direction="read"} 4096',
      ]),
    );
  });

  test("one that never ran is counted by its outcome alone", async () => {
    const metrics = workerMetrics();
    metrics.observer.attemptEnded("hello", "expired", null, DEFAULT_LIMITS, ID);
    const lines = await plain(metrics);
    expect(lines).toContain('mayfly_attempts_total{function="hello",outcome="expired"} 1');
    expect(lines.filter((line) => line.startsWith("mayfly_memory_peak_bytes_count"))).toEqual([]);
  });

  test.each([
    ["timedOut", 1, 1],
    ["cpuTimeExceeded", 1, 1],
    ["functionError", 1, 0],
    ["cancelled", 0, 0],
    ["ok", 0, 0],
  ] as const)("%s is %d error and %d timeout in OpenTelemetry's sense", async (outcome, errors, timeouts) => {
    const metrics = workerMetrics();
    metrics.observer.attemptEnded("hello", outcome, shortOnV1, DEFAULT_LIMITS, ID);
    expect(await plain(metrics)).toEqual(
      expect.arrayContaining([
        `faas_errors_total{function="hello"} ${errors}`,
        `faas_timeouts_total{function="hello"} ${timeouts}`,
      ]),
    );
  });

  test("no limit is the absence of the gauge", async () => {
    const metrics = workerMetrics();
    metrics.observer.attemptEnded("hello", "ok", shortOnV1, DEFAULT_LIMITS, ID);
    metrics.observer.attemptEnded(
      "hello",
      "ok",
      shortOnV1,
      { ...DEFAULT_LIMITS, memoryBytes: null, cpuQuotaUs: null },
      ID,
    );
    const text = (await plain(metrics)).join("\n");
    expect(text).not.toContain("mayfly_memory_limit_bytes{");
    expect(text).not.toContain("mayfly_cpu_limit_cores{");
  });
});

describe("the invocation's id", () => {
  test("stands in exemplars, in OpenMetrics alone, and never in a label", async () => {
    const metrics = workerMetrics();
    metrics.observer.attemptEnded("hello", "ok", shortOnV1, DEFAULT_LIMITS, ID);
    metrics.observer.terminal("hello", "ok", 0.03, ID);
    expect((await metrics.expose(undefined)).body).not.toContain(ID);
    const holders = (await metrics.expose(OPENMETRICS)).body.split("\n").filter((line) => line.includes(ID));
    expect(holders.length).toBeGreaterThan(0);
    for (const line of holders)
      expect(line).toMatch(
        new RegExp(`^\\w+_bucket\\{[^}]*\\} \\d+ # \\{invocation_id="${ID}"\\} [\\d.]+ [\\d.]+$`),
      );
  });

  test("of a producer's job that is too long for an exemplar is left out", async () => {
    const metrics = workerMetrics();
    metrics.observer.terminal("hello", "ok", 0.03, `hello~${"x".repeat(200)}`);
    const { body } = await metrics.expose(OPENMETRICS);
    expect(body).toContain('mayfly_invocations_total{function="hello",outcome="ok"} 1');
    expect(body).not.toContain("xxx");
  });
});

describe("functions", () => {
  test("that are deployed begin at 0, so that their first failure is an increase", async () => {
    const metrics = workerMetrics();
    metrics.retainFunctions(["hello"]);
    expect(await plain(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_invocations_total{function="hello",outcome="outOfMemory"} 0',
        'mayfly_oom_kills_total{function="hello"} 0',
      ]),
    );
  });

  test("that are deleted leave no series behind", async () => {
    const metrics = workerMetrics();
    for (const name of ["gone", "kept"]) {
      metrics.observer.taken(name, 1);
      metrics.observer.attemptEnded(name, "ok", busyOnV2, DEFAULT_LIMITS, ID);
      metrics.observer.terminal(name, "ok", 1, ID);
      metrics.observer.started(name, { how: "boot", why: "isolation" });
    }
    metrics.retainFunctions(["kept"]);
    const text = (await plain(metrics)).join("\n");
    expect(text).not.toContain('"gone"');
    expect(text).toContain('"kept"');
  });

  test("above the cap are counted together", async () => {
    const metrics = workerMetrics({ maxFunctions: 1 });
    for (const name of ["first", "second", "third"]) metrics.observer.terminal(name, "ok", 1, ID);
    expect(await plain(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_invocations_total{function="first",outcome="ok"} 1',
        'mayfly_invocations_total{function="_other",outcome="ok"} 2',
      ]),
    );
  });
});

describe("starts", () => {
  test("are counted by how the process came to be; a cold one is a boot, and says why", async () => {
    const { observer, ...metrics } = workerMetrics();
    observer.started("hello", { how: "parked" });
    observer.started("hello", { how: "parked" });
    observer.started("hello", { how: "onDemand" });
    observer.started("hello", { how: "boot", why: "forkFailed" });
    observer.startFailed("fork");
    observer.zygote("nodejs24", "failed");
    expect((await metrics.expose(undefined)).body.split("\n")).toEqual(
      expect.arrayContaining([
        'mayfly_starts_total{how="parked"} 2',
        'mayfly_starts_total{how="onDemand"} 1',
        'mayfly_starts_total{how="boot"} 1',
        'mayfly_boots_total{why="forkFailed"} 1',
        'mayfly_boots_total{why="isolation"} 0',
        'faas_coldstarts_total{function="hello"} 1',
        'mayfly_start_failures_total{isolation="fork"} 1',
        'mayfly_start_failures_total{isolation="exec"} 0',
        'mayfly_zygote_events_total{runtime="nodejs24",event="failed"} 1',
        'mayfly_zygote_events_total{runtime="nodejs24",event="opened"} 0',
        'mayfly_zygotes{runtime="nodejs24"} 1',
        'mayfly_parked{runtime="nodejs24"} 4',
        'mayfly_zygote_memory_bytes{runtime="nodejs24"} 80000000',
      ]),
    );
  });
});

describe("the worker itself", () => {
  test("tells its slots, its id and that nothing leaked", async () => {
    expect(await plain(workerMetrics())).toEqual(
      expect.arrayContaining([
        'mayfly_worker_info{worker="host-1"} 1',
        'mayfly_worker_slots{state="busy"} 1',
        'mayfly_worker_slots{state="free"} 3',
        ...["processes", "cgroups", "mounts", "netns"].map((kind) => `mayfly_leaked_total{kind="${kind}"} 0`),
      ]),
    );
  });

  test("tells how late its event loop is, and nothing where it is not late", async () => {
    const metrics = workerMetrics();
    const p99 = async () => {
      const line = (await plain(metrics)).find((one) =>
        one.startsWith('mayfly_event_loop_delay_seconds{quantile="0.99"}'),
      );
      return Number(line?.split(" ")[1]);
    };
    const wait = () => new Promise((resolve) => setTimeout(resolve, 100));
    await wait();
    await p99();
    await wait();
    for (const until = performance.now() + 200; performance.now() < until; );
    await wait();
    expect(await p99()).toBeGreaterThan(0.15);
    await wait();
    expect(await p99()).toBeLessThan(0.15);
  });

  test("answers scrapes on a port of its own, in the format that is asked for", async () => {
    const server = await workerMetrics().serve("127.0.0.1", 0);
    const url = `http://127.0.0.1:${server.port}`;
    const text = await fetch(`${url}/metrics`);
    const openMetrics = await fetch(`${url}/metrics`, { headers: { accept: OPENMETRICS } });
    expect(text.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(openMetrics.headers.get("content-type")).toMatch(/^application\/openmetrics-text; version=1/);
    expect(await openMetrics.text()).toMatch(/# EOF\n$/);
    expect((await fetch(`${url}/other`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
    await server.close();
  });

  test("names the port that is taken", async () => {
    const metrics = workerMetrics();
    const server = await metrics.serve("127.0.0.1", 0);
    await expect(metrics.serve("127.0.0.1", server.port)).rejects.toThrow(
      `Port ${server.port} of 127.0.0.1 is in use`,
    );
    await server.close();
  });
});
