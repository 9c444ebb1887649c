import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { freePort } from "../support/free-port.ts";

export const PROMETHEUS_FOLDER = new URL("../../metrics/prometheus/", import.meta.url).pathname;

const READY_WITHIN_MS = 20_000;

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** The last value that is a number: a ratio of nothing to nothing is no data. */
  readonly value: number;
}

export interface RuleState {
  readonly name: string;
  readonly type: "alerting" | "recording";
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  /** Of alerting rules: `inactive`, `pending` or `firing`. */
  readonly state?: string;
}

/** Debian's Prometheus with our scrape configuration and rules, on a port and in a folder of its own. */
export interface Prometheus extends AsyncDisposable {
  /** As Grafana asks for a graph: the last value of each series within the last minutes. */
  range(expr: string): Promise<Series[]>;
  instant(expr: string): Promise<Series[]>;
  rules(): Promise<RuleState[]>;
  labelValues(label: string, selector: string): Promise<string[]>;
  exemplars(expr: string): Promise<Record<string, string>[]>;
}

interface ScrapeConfig {
  job_name: string;
  [key: string]: unknown;
}

/** @param targets addresses by job name, instead of the names that DNS would resolve */
export async function startPrometheus(targets: Record<string, readonly string[]>): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-prometheus-"));
  const port = await freePort();
  const configFile = join(folder, "prometheus.yml");
  const own = { prometheus: [`127.0.0.1:${port}`] };
  await writeFile(configFile, stringify(await configFor({ ...targets, ...own })));
  const child = spawn(
    "prometheus",
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));

  const api = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as { status: string; data: T; error?: string };
    if (body.status !== "success") throw new Error(`${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  };
  await ready(
    `http://127.0.0.1:${port}/-/ready`,
    () => child.exitCode !== null,
    () => printed,
  );
  return {
    async range(expr) {
      const end = Date.now() / 1000;
      const { result } = await api<{
        result: { metric: Record<string, string>; values: [number, string][] }[];
      }>("query_range", { query: expr, start: String(end - 300), end: String(end), step: "1" });
      return finite(result.map(({ metric, values }) => ({ metric, values: values.map(([, text]) => text) })));
    },
    async instant(expr) {
      const { result } = await api<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
        "query",
        { query: expr },
      );
      return finite(result.map(({ metric, value }) => ({ metric, values: [value[1]] })));
    },
    async rules() {
      const { groups } = await api<{ groups: { rules: RuleState[] }[] }>("rules");
      return groups.flatMap((group) => group.rules);
    },
    labelValues: (label, selector) => api<string[]>(`label/${label}/values`, { "match[]": selector }),
    async exemplars(expr) {
      const end = Date.now() / 1000;
      const found = await api<{ exemplars: { labels: Record<string, string> }[] }[]>("query_exemplars", {
        query: expr,
        start: String(end - 300),
        end: String(end),
      });
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function finite(found: readonly { metric: Record<string, string>; values: readonly string[] }[]): Series[] {
  return found.flatMap(({ metric, values }) => {
    const value = values.map(Number).findLast(Number.isFinite);
    return value === undefined ? [] : [{ metric, value }];
  });
}

/** The committed configuration, but every second, and of addresses instead of names. */
async function configFor(targets: Record<string, readonly string[]>) {
  const config = parse(await readFile(join(PROMETHEUS_FOLDER, "prometheus.yml"), "utf8")) as {
    scrape_configs: ScrapeConfig[];
    rule_files: string[];
  };
  return {
    ...config,
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: config.rule_files.map((pattern) => join(PROMETHEUS_FOLDER, pattern)),
    scrape_configs: config.scrape_configs.map(({ job_name }) => ({
      job_name,
      static_configs: [{ targets: targets[job_name] ?? [] }],
    })),
  };
}

async function ready(url: string, ended: () => boolean, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && !ended()) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Prometheus was not ready within ${READY_WITHIN_MS} ms:\n${output()}`);
}
