import { describe, expect, test } from "vitest";
import type { FunctionBacklog } from "./backlog-metrics.ts";
import { createGatewayMetrics } from "./gateway-metrics.ts";

const queue = (name: string, waiting: number, oldestAgeSeconds: number): FunctionBacklog => ({
  function: name,
  jobs: { waiting, active: 1, delayed: 0, prioritized: 0, failed: 2, completed: 9 },
  oldestAgeSeconds,
});

const linesOf = async (metrics: ReturnType<typeof createGatewayMetrics>) =>
  (await metrics.expose(undefined)).body.split("\n");

describe("queues", () => {
  test("are read afresh for every scrape, each state a series", async () => {
    let waiting = 3;
    const metrics = createGatewayMetrics({ backlog: async () => [queue("hello", waiting, 1.5)] });
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_queue_jobs{function="hello",state="waiting"} 3',
        'mayfly_queue_jobs{function="hello",state="failed"} 2',
        'mayfly_queue_oldest_age_seconds{function="hello"} 1.5',
        "mayfly_backlog_up 1",
      ]),
    );
    waiting = 0;
    expect(await linesOf(metrics)).toContain('mayfly_queue_jobs{function="hello",state="waiting"} 0');
  });

  test("that are gone leave no series", async () => {
    let queues = [queue("hello", 1, 0)];
    const metrics = createGatewayMetrics({ backlog: async () => queues });
    metrics.terminal("hello", "cancelled", 0.1, "id");
    expect((await linesOf(metrics)).join()).toContain("hello");
    queues = [];
    expect((await linesOf(metrics)).join()).not.toContain("hello");
  });

  test("above the cap are summed, and show the oldest age among them", async () => {
    const metrics = createGatewayMetrics({
      backlog: async () => [queue("a", 1, 1), queue("b", 2, 9), queue("c", 3, 4)],
      maxFunctions: 1,
    });
    expect(await linesOf(metrics)).toEqual(
      expect.arrayContaining([
        'mayfly_queue_jobs{function="_other",state="waiting"} 5',
        'mayfly_queue_oldest_age_seconds{function="_other"} 9',
      ]),
    );
  });

  test("that cannot be read are absent and said to be so; the rest is served", async () => {
    let broken = false;
    const metrics = createGatewayMetrics({
      backlog: () =>
        broken ? Promise.reject(new Error("Redis is gone")) : Promise.resolve([queue("a", 1, 0)]),
    });
    await linesOf(metrics);
    broken = true;
    metrics.requestEnded("/healthz", 200);
    const lines = await linesOf(metrics);
    expect(lines).toContain("mayfly_backlog_up 0");
    expect(lines).toContain('mayfly_http_requests_total{route="/healthz",status="200"} 1');
    expect(lines.filter((line) => line.startsWith("mayfly_queue_jobs{"))).toEqual([]);
  });
});

test("an invocation whose end the gateway wrote is counted here", async () => {
  const metrics = createGatewayMetrics({ backlog: async () => [queue("hello", 0, 0)] });
  metrics.terminal("hello", "cancelled", 2, "0199f3a1-7c20-7bb1-8f5e-5d2a9f0c1e77");
  expect(await linesOf(metrics)).toEqual(
    expect.arrayContaining([
      'mayfly_invocations_total{function="hello",outcome="cancelled"} 1',
      'mayfly_invocation_duration_seconds_sum{function="hello"} 2',
    ]),
  );
});
