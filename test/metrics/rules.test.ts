import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { PROMETHEUS_FOLDER } from "./prometheus.ts";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

const promtool = (...args: string[]) =>
  promisify(execFile)("promtool", args, { cwd: folder }).then(({ stdout }) => stdout);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-promtool-"));
  await cp(PROMETHEUS_FOLDER, folder, { recursive: true });
  // The scraper's key is made where it is deployed; promtool wants to see a file.
  const config = join(folder, "prometheus.yml");
  await writeFile(config, (await readFile(config, "utf8")).replace("/run/mayfly/metrics.key", "/dev/null"));
});
afterAll(() => rm(folder, { recursive: true }));

test("promtool finds the configuration and its rules valid", async () => {
  expect(await promtool("check", "config", "prometheus.yml")).toContain("SUCCESS: 2 rule files found");
});

test("the rules do what their unit tests say", async () => {
  expect(await promtool("test", "rules", "rules.test.yml")).toContain("SUCCESS");
});

test("every alert says what happened, how bad it is, and what to do first", async () => {
  const { groups } = parse(await readFile(join(folder, "rules/alerts.yml"), "utf8")) as {
    groups: { rules: Alert[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules);
  expect(alerts.length).toBeGreaterThan(10);
  for (const { alert, labels, annotations } of alerts) {
    expect(["page", "warn"], alert).toContain(labels.severity);
    for (const text of [annotations.summary, annotations.description, annotations.runbook])
      expect(text, alert).toMatch(/^.{10,}\.$/s);
  }
});

test("every alert has a unit test in which it fires", async () => {
  const { groups } = parse(await readFile(join(folder, "rules/alerts.yml"), "utf8")) as {
    groups: { rules: Alert[] }[];
  };
  const tests = await readFile(join(folder, "rules.test.yml"), "utf8");
  for (const { alert } of groups.flatMap(({ rules }) => rules)) {
    const fires = new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n|alertname="${alert}"\\}', value: 1`);
    expect(tests, alert).toMatch(fires);
  }
});
