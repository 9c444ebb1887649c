import { Counter, Gauge, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { expose, negotiate } from "./exposition.ts";

/** What Prometheus 2.42 sends. */
const PROMETHEUS_ACCEPT =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

describe("which format a scraper gets", () => {
  test.each([
    ["OpenMetrics for Prometheus", PROMETHEUS_ACCEPT, "openMetrics"],
    [
      "OpenMetrics for Prometheus 3",
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      "openMetrics",
    ],
    ["Prometheus text for one who says nothing", undefined, "prometheus"],
    ["Prometheus text for a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "prometheus"],
    [
      "Prometheus text for one who prefers it",
      "text/plain, application/openmetrics-text;q=0.5",
      "prometheus",
    ],
    ["Prometheus text for one who refuses the other", "application/openmetrics-text;q=0", "prometheus"],
  ])("%s", (_, accept, format) => {
    expect(negotiate(accept)).toBe(format);
  });
});

describe("the text", () => {
  test("serves both formats of one registry, again and again", async () => {
    const registry = new Registry();
    new Counter({ name: "calls_total", help: "Calls.", registers: [registry] }).inc(3);
    for (let scrape = 0; scrape < 2; scrape++) {
      expect((await expose(registry, undefined)).body).toBe(
        "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 3\n",
      );
      expect((await expose(registry, PROMETHEUS_ACCEPT)).body).toBe(
        "# HELP calls Calls.\n# TYPE calls counter\ncalls_total 3\n# EOF\n",
      );
    }
  });

  test("escapes what would end a label or a line", async () => {
    const registry = new Registry();
    const gauge = new Gauge({ name: "g", help: "a\nb\\c", labelNames: ["path"], registers: [registry] });
    gauge.set({ path: 'a"b\\c\nd' }, Number.POSITIVE_INFINITY);
    expect((await expose(registry, undefined)).body).toBe(
      '# HELP g a\\nb\\\\c\n# TYPE g gauge\ng{path="a\\"b\\\\c\\nd"} +Inf\n',
    );
  });
});
