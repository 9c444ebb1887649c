import { describe, expect, test } from "vitest";
import { COMMANDS } from "../src/commands/index.ts";
import { EXIT_MEANINGS } from "../src/exit-codes.ts";
import { mayfly } from "./support/mayfly.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");

describe("--help", () => {
  test.each([[""], ["--help"], ["-h"], ["help"]])(
    "`mayfly %s` tells every command and every exit code",
    async (line) => {
      const { exitCode, out, err } = await mayfly(words(line));
      expect([exitCode, err]).toEqual([0, ""]);
      for (const { name, summary } of COMMANDS)
        expect(out).toMatch(new RegExp(`^  ${name}\\b.*${summary.slice(0, 20)}`, "m"));
      for (const [code, meaning] of EXIT_MEANINGS)
        expect(out).toContain(`${String(code).padEnd(3)}  ${meaning}`);
    },
  );

  test.each(COMMANDS.map(({ name }) => [name]))("`mayfly %s --help` teaches by examples", async (name) => {
    const { exitCode, out } = await mayfly([...words(name), "--help"]);
    expect(exitCode).toBe(0);
    expect(out.startsWith(`mayfly ${name}`)).toBe(true);
    expect(out).toMatch(/^Examples:\n {2}# \w.*\n {2}mayfly /m);
    expect(out).toContain("--json");
    expect((await mayfly(["help", ...words(name)])).out).toBe(out);
  });

  test.each([["secret --help"], ["secret -h"], ["help secret"]])(
    "`mayfly %s` tells what there is below",
    async (line) => {
      const { exitCode, out } = await mayfly(words(line));
      expect(exitCode).toBe(0);
      for (const name of ["set", "list", "delete"])
        expect(out).toMatch(new RegExp(`^mayfly secret ${name}\\b`, "m"));
    },
  );

  test("every example is a command line that is understood", async () => {
    const { parseCommand } = await import("../src/parse-command.ts");
    for (const { examples } of COMMANDS) {
      for (const [line] of examples) {
        const plain = line.split(/ [<|] /)[0] ?? "";
        const given = [...plain.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
        expect(() => parseCommand(COMMANDS, given), line).not.toThrow();
      }
    }
  });

  test("up, gateway and worker list the whole environment with its defaults", async () => {
    for (const name of ["up", "gateway", "worker"]) {
      const { out } = await mayfly([name, "--help"]);
      expect(out).toContain("MAYFLY_PORT                 port of the gateway; default 8080");
      expect(out).toContain("MAYFLY_CGROUP_PARENT");
      expect(out).toContain("MAYFLY_LOG_LEVEL");
    }
  });
});

describe("what is not understood ends with 2 and names what is nearest", () => {
  test.each([
    ["lst", 'There is no command "lst". Did you mean "list"?'],
    ["frobnicate", 'There is no command "frobnicate". `mayfly --help` lists the commands.'],
    ["secret", '"secret" needs one word more: secret set, secret list, secret delete.'],
    ["invoke", '"mayfly invoke" needs more: mayfly invoke NAME [--data JSON] [--async]'],
    ["list all", '"all" is one word too many: mayfly list'],
    ["invoke hello --dta {}", '"mayfly invoke" has no option --dta. Did you mean --data?'],
    ["invoke hello --zzzzzz", '"mayfly invoke" has no option --zzzzzz. `mayfly invoke --help` lists them.'],
    ["list -x", '"mayfly list" has no option -x.'],
    ["invoke hello --data", "mayfly invoke: Option '-d, --data <value>' argument missing"],
  ])("mayfly %s", async (line, message) => {
    const { exitCode, out, err } = await mayfly(words(line));
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain(`mayfly: ${message}`);
  });

  test("with --json the refusal is one JSON object on stderr", async () => {
    const { exitCode, err } = await mayfly(["delete", "--json"]);
    expect(exitCode).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: { code: "usage", message: '"mayfly delete" needs more: mayfly delete NAME' },
    });
  });

  test("an environment that is wrong is told by its variable", async () => {
    const wrongUrl = await mayfly(["list"], { env: { MAYFLY_URL: "localhost" } });
    expect(wrongUrl).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('MAYFLY_URL is "localhost"'),
    });
    const wrongPort = await mayfly(["list"], { env: { MAYFLY_PORT: "http" } });
    expect(wrongPort).toMatchObject({ exitCode: 2, err: expect.stringContaining("MAYFLY_PORT: ") });
  });
});
