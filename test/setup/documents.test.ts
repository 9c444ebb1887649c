import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { CLIENT_VARIABLES, programVariables } from "../../cli/src/config.ts";
import { childEnvironment, REPOSITORY } from "../../setup/child-environment.js";
import { startSystem } from "../support/system.ts";

const read = (path: string) => readFile(join(REPOSITORY, path), "utf8");

describe("README.md", () => {
  test("its three commands deploy and call a function of one's own", async () => {
    const [, script = ""] = /documents\.test\.ts.*?```sh\n(.*?)```/s.exec(await read("README.md")) ?? [];
    expect(script.trim().split("\n")).toHaveLength(3);
    await using system = await startSystem();
    const folder = await mkdtemp(join(tmpdir(), "mayfly-readme-"));
    try {
      // npx finds the CLI from within the repository; here it is called by its path.
      const commands = script.replaceAll("npx mayfly", `node ${REPOSITORY}cli/bin/mayfly.js`);
      const env = { ...childEnvironment(), MAYFLY_URL: system.url };
      const { stdout } = await promisify(execFile)("sh", ["-ec", commands], { cwd: folder, env });
      expect(stdout).toContain('"Hello, Ada!"');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("queue/README.md", () => {
  test("its producer calls a function with nothing but BullMQ", async () => {
    const [, script = ""] =
      /documents\.test\.ts.*?```js\n(.*?)```/s.exec(await read("queue/README.md")) ?? [];
    await using system = await startSystem();
    const manifest = { name: "mine", runtime: "nodejs24", entry: "index.ts" } as const;
    const code = "export default (event: { name: string }) => 'Hello, ' + event.name + '!';";
    await system.deploy(manifest, { "index.ts": code });
    const socket = system.redisUrl.replace("unix://", "");
    const producer = script.replace("/path/to/mayfly/.mayfly/redis/redis.sock", socket);
    expect(producer).not.toBe(script);
    const { stdout } = await promisify(execFile)("node", ["--input-type=module", "-e", producer], {
      cwd: join(REPOSITORY, "queue"),
      env: childEnvironment(),
    });
    expect(stdout).toBe("Hello, Ada!\n");
  });
});

describe("CONTRIBUTING.md", () => {
  test("lists every environment variable with its default and meaning", async () => {
    const rows = programVariables().map(
      ({ name, default: fallback, help }) =>
        `| \`${name}\` | ${fallback === null ? "" : `\`${fallback}\``} | ${help} |`,
    );
    const clientRows = CLIENT_VARIABLES.map(([name, help]) => `| \`${name}\` | ${help} |`);
    const text = await read("CONTRIBUTING.md");
    expect(text).toContain(rows.join("\n"));
    expect(text).toContain(clientRows.join("\n"));
  });
});

test("no document links to a file that is not there", async () => {
  const documents = (await readdir(REPOSITORY, { recursive: true })).filter(
    (path) => path.endsWith(".md") && !/(^|\/)(node_modules|build|results|\.mayfly)\//.test(path),
  );
  const broken: string[] = [];
  for (const document of documents) {
    for (const [, target = ""] of (await read(document)).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)) {
      const there = await stat(join(REPOSITORY, dirname(document), target)).catch(() => null);
      if (there === null) broken.push(`${document} → ${target}`);
    }
  }
  expect(broken).toEqual([]);
});
