import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { environmentSchema } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const REPOSITORY = new URL("../..", import.meta.url).pathname;
const KEYS = { MAYFLY_ADMIN_KEY: "an-admin-key-for-this-test", MAYFLY_SECRET_KEY: "ab".repeat(32) };

interface Service {
  readonly image: string;
  readonly environment?: Record<string, string>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly volumes?: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
}

interface ComposeFile {
  readonly services: Record<"redis" | "gateway" | "worker" | "prometheus" | "grafana", Service>;
  readonly networks: Record<string, { internal?: boolean }>;
}

const { services, networks } = parse(
  await readFile(join(REPOSITORY, "docker-compose.yml"), "utf8"),
) as ComposeFile;

/** Compose's own reading of the file, with the given variables and no others. */
const composeConfig = (variables: Record<string, string>) =>
  promisify(execFile)("docker-compose", ["config", "--quiet"], {
    cwd: REPOSITORY,
    env: { PATH: process.env["PATH"], ...variables },
  });

describe("docker-compose.yml", () => {
  test("is valid for Compose v1", async () => {
    await expect(composeConfig(KEYS)).resolves.toMatchObject({ stderr: "" });
  });

  test("names the key that is missing, and where it is told how to make one", async () => {
    await expect(composeConfig({ MAYFLY_ADMIN_KEY: KEYS.MAYFLY_ADMIN_KEY })).rejects.toThrow(
      /MAYFLY_SECRET_KEY.*deploy\/README\.md/s,
    );
  });

  test("sets only variables that the programs read", () => {
    for (const { environment = {} } of [services.gateway, services.worker])
      for (const name of Object.keys(environment))
        expect(Object.keys(environmentSchema.shape)).toContain(name);
  });

  test("mounts files of this repository that exist", () => {
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter((volume) => volume.startsWith("./")).map((volume) => volume.split(":")[0] ?? ""),
    );
    expect(mounted.length).toBeGreaterThan(3);
    for (const path of mounted) expect(existsSync(join(REPOSITORY, path)), path).toBe(true);
  });
});

describe("what the containers may", () => {
  test("the worker is not privileged and has five capabilities", () => {
    expect(services.worker.privileged).toBeUndefined();
    expect(services.worker.cap_drop).toEqual(["ALL"]);
    expect(services.worker.cap_add).toEqual(["SYS_ADMIN", "NET_ADMIN", "SETUID", "SETGID", "CHOWN"]);
  });

  test("the gateway has none, and writes nowhere", () => {
    expect(services.gateway).toMatchObject({ cap_drop: ["ALL"], read_only: true });
    expect(services.gateway.cap_add).toBeUndefined();
  });

  test("no service shows a file of the host but ours, and none its Docker", () => {
    for (const { volumes = [] } of Object.values(services))
      for (const volume of volumes) expect(volume).toMatch(/^(\.\/metrics\/\S+:ro|[a-z]+:\S+)$/);
  });
});

describe("who can reach what", () => {
  test("everything that is published is so on loopback alone", () => {
    for (const port of Object.values(services).flatMap(({ ports = [] }) => ports))
      expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test("Redis has no way out, and only gateway and worker have a way to it", () => {
    expect(services.redis.networks).toEqual(["queue"]);
    expect(services.redis.ports).toBeUndefined();
    expect(networks["queue"]).toEqual({ internal: true });
    const onQueue = Object.entries(services).filter(([, service]) => service.networks.includes("queue"));
    expect(onQueue.map(([name]) => name)).toEqual(["redis", "gateway", "worker"]);
  });
});

test("the ports that Prometheus scrapes are the programs' own", async () => {
  const { scrape_configs } = parse(
    await readFile(join(REPOSITORY, "metrics/prometheus/prometheus.yml"), "utf8"),
  ) as { scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[] };
  const scraped = scrape_configs.flatMap(({ dns_sd_configs = [] }) =>
    dns_sd_configs.map(({ names, port }) => [names[0], port]),
  );
  const defaults = environmentSchema.parse({});
  expect(scraped).toEqual([
    ["gateway", defaults.MAYFLY_PORT],
    ["worker", defaults.MAYFLY_WORKER_METRICS_PORT],
  ]);
});
