import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { against, mayfly } from "./support/mayfly.ts";
import { problem, standInGateway } from "./support/stand-in-gateway.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ID = "019365c0-0000-7000-8000-000000000000";
/** In the folder of this test. */
const asked = (
  answers: Parameters<typeof against>[0],
  words: string[],
  given: Parameters<typeof against>[2] = {},
) => against(answers, words, { cwd: folder, ...given });

const json = (value: unknown) => JSON.stringify(value);

describe("who cannot be reached, and who refuses", () => {
  test("no gateway at the address ends with 4 and says how to start one", async () => {
    const gone = await standInGateway({});
    await gone[Symbol.asyncDispose]();
    const { exitCode, err } = await mayfly(["list"], { env: { MAYFLY_URL: gone.url } });
    expect(exitCode).toBe(4);
    expect(err).toBe(
      `mayfly: No gateway answers at ${gone.url} (ECONNREFUSED). Start one with \`npm start\`, or name another with MAYFLY_URL.\n`,
    );
  });

  test("a refusal ends with 3 in the gateway's own words, and its code with --json", async () => {
    const answers = {
      "GET /functions/helo": {
        status: 404,
        body: json(problem(404, "functionNotFound", "There is no helo.", { hint: "hello" })),
      },
    };
    expect(await asked(answers, ["describe", "helo"])).toMatchObject({
      exitCode: 3,
      err: "mayfly: There is no helo.\n",
    });
    const { err } = await asked(answers, ["describe", "helo", "--json"]);
    expect(JSON.parse(err).error).toMatchObject({ code: "functionNotFound", status: 404, hint: "hello" });
  });

  test("who has no key is told where the CLI takes one from", async () => {
    const body = json(problem(401, "unauthenticated", "A key is needed here."));
    const { exitCode, err } = await asked({ "GET /functions": { status: 401, body } }, ["list"]);
    expect([exitCode, err]).toEqual([
      3,
      "mayfly: A key is needed here. The CLI takes it from MAYFLY_API_KEY.\n",
    ]);
  });

  test("a failure of Mayfly's own ends with 5", async () => {
    const answers = {
      "GET /secrets": { status: 503, body: json(problem(503, "redisUnavailable", "Redis is away.")) },
    };
    expect(await asked(answers, ["secret", "list"])).toMatchObject({
      exitCode: 5,
      err: "mayfly: Redis is away.\n",
    });
  });

  test("an answer that is no problem+json is shown as far as it can be", async () => {
    const { exitCode, err } = await asked({ "GET /secrets": { status: 502, body: "<h1>Bad</h1>" } }, [
      "secret",
      "list",
    ]);
    expect([exitCode, err]).toEqual([5, "mayfly: The gateway answered 502: <h1>Bad</h1>\n"]);
  });

  test("the key goes along, and no request goes without one that is there", async () => {
    const { seen } = await asked({ "GET /secrets": { body: '{"secrets":[]}' } }, ["secret", "list"], {
      env: { MAYFLY_API_KEY: "mayfly_a_b" },
    });
    expect(seen[0]?.headers.authorization).toBe("Bearer mayfly_a_b");
  });
});

describe("list, describe, delete, cancel", () => {
  const view = {
    name: "hello",
    version: "f".repeat(64),
    runtime: "nodejs24",
    entry: "index.ts",
    description: "Greets.",
    limits: { memoryBytes: 5, cpus: null },
    network: "none",
    env: ["MODE"],
    secrets: [],
    retry: { attempts: 2, backoffMs: 10, backoff: "fixed" },
    concurrency: null,
    createdAt: Date.now() - 7_200_000,
    versions: ["f".repeat(64)],
  };

  test("deploy tells what the gateway warns of", async () => {
    const function_ = { name: "hello", runtime: "nodejs24", entry: "index.js" };
    await writeFile(join(folder, "function.json"), json(function_));
    const warnings = ["The secret PW is not stored yet."];
    const answers = {
      "PUT /functions/hello": { status: 201, body: json({ version: "f".repeat(64), warnings }) },
    };
    expect(await asked(answers, ["deploy", "."])).toMatchObject({
      exitCode: 0,
      out: "hello  ffffffffffff  deployed\n",
      err: "  warning: The secret PW is not stored yet.\n",
    });
    expect(JSON.parse((await asked(answers, ["deploy", ".", "--json"])).out)).toMatchObject({ warnings });
  });

  test("list is a table for people and an array for machines", async () => {
    const answers = { "GET /functions": { body: json({ functions: [view] }) } };
    const { out } = await asked(answers, ["list"]);
    expect(out).toBe(
      "NAME   VERSION       RUNTIME   DEPLOYED  DESCRIPTION\nhello  ffffffffffff  nodejs24  2 h ago   Greets.\n",
    );
    expect(JSON.parse((await asked(answers, ["list", "--json"])).out)[0].name).toBe("hello");
    const none = await asked({ "GET /functions": { body: '{"functions":[]}' } }, ["list"]);
    expect(none.out).toBe("No function is deployed. Deploy one with: mayfly deploy DIR\n");
  });

  test("describe tells everything there is to tell", async () => {
    const { out } = await asked({ "GET /functions/hello": { body: json(view) } }, ["describe", "hello"]);
    for (const fact of [
      /^env +MODE$/m,
      /^secrets +none$/m,
      /^retry +2 attempts, fixed back-off from 10 ms$/m,
      /^limits\.memoryBytes +5$/m,
      /^limits\.cpus +none$/m,
    ])
      expect(out).toMatch(fact);
  });

  test("delete asks for force only where it is told to", async () => {
    const answers = { "DELETE /functions/hello": { body: json({ name: "hello", dropped: 0 }) } };
    expect((await asked(answers, ["delete", "hello"])).seen[0]?.path).toBe("/functions/hello");
    const forced = await asked(answers, ["delete", "hello", "--force"]);
    expect(forced).toMatchObject({ exitCode: 0, out: "hello is deleted.\n" });
    expect(forced.seen[0]?.path).toBe("/functions/hello?force=true");
  });

  test("cancel tells the state, and one that had ended is refused with 3", async () => {
    const path = `DELETE /invocations/${ID}`;
    const done = await asked({ [path]: { body: json({ state: "cancelled" }) } }, ["cancel", ID]);
    expect(done).toMatchObject({ exitCode: 0, out: `${ID} is cancelled.\n` });
    const ended = { status: 409, body: json(problem(409, "alreadyEnded", "It had ended.")) };
    expect(await asked({ [path]: ended }, ["cancel", ID])).toMatchObject({
      exitCode: 3,
      err: "mayfly: It had ended.\n",
    });
  });
});

describe("secrets and keys", () => {
  test("a secret comes from stdin or a file, never from the command line", async () => {
    const answers = { "PUT /secrets/TOKEN": { status: 204 } };
    const piped = await asked(answers, ["secret", "set", "TOKEN"], { stdin: "hush\n" });
    expect(piped).toMatchObject({ exitCode: 0, out: "TOKEN is stored.\n" });
    expect(piped.seen[0]?.body).toBe('{"value":"hush"}');
    await writeFile(join(folder, "secret.txt"), "a\nb\n");
    const read = await asked(answers, ["secret", "set", "TOKEN", "--from", "secret.txt"]);
    expect(JSON.parse(read.seen[0]?.body ?? "")).toEqual({ value: "a\nb" });
    expect(await asked(answers, ["secret", "set", "TOKEN"], { stdin: "\n" })).toMatchObject({
      exitCode: 2,
      err: "mayfly: The secret is empty. Give it on stdin, or name a file with --from.\n",
    });
    expect((await mayfly(["secret", "set", "TOKEN", "hush"])).exitCode).toBe(2);
  });

  test("a new key's text is all that stdout gets, so that a script can keep it", async () => {
    const key = {
      id: "k1",
      tenant: "default",
      scopes: ["admin"],
      label: "",
      createdAt: 0,
      key: "mayfly_k1_x",
    };
    const made = await asked({ "POST /keys": { status: 201, body: json(key) } }, [
      "key",
      "create",
      "--scope",
      "admin",
    ]);
    expect(made).toMatchObject({ exitCode: 0, out: "mayfly_k1_x\n" });
    expect(made.err).toBe("Key k1 of the tenant default: admin. It is not shown again.\n");
    expect(JSON.parse(made.seen[0]?.body ?? "")).toEqual({ scopes: ["admin"] });
  });

  test("keys are listed without their texts, and deleted by id", async () => {
    const keys = [{ id: "k1", tenant: "default", scopes: ["admin"], label: "laptop", createdAt: Date.now() }];
    const listed = await asked({ "GET /keys": { body: json({ keys }) } }, ["key", "list"]);
    expect(listed.out).toMatch(/^ID +TENANT +SCOPES +MADE +LABEL\nk1 +default +admin +0 s ago +laptop\n$/);
    const deleted = await asked({ "DELETE /keys/k1": { status: 204 } }, ["key", "delete", "k1"]);
    expect(deleted).toMatchObject({ exitCode: 0, out: "Key k1 is deleted.\n" });
  });
});
