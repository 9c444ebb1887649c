import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mayfly } from "./support/mayfly.ts";
import { type Canned, problem, standInGateway } from "./support/stand-in-gateway.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ID = "019365c0-0000-7000-8000-000000000000";
const ran = { "mayfly-invocation-id": ID, "mayfly-outcome": "ok" };

/** Runs a command against canned answers, and tells what was asked, too. */
async function against(
  answers: Record<string, Canned>,
  words: string[],
  given: Parameters<typeof mayfly>[1] = {},
) {
  await using gateway = await standInGateway(answers);
  const result = await mayfly(words, {
    cwd: folder,
    ...given,
    env: { MAYFLY_URL: gateway.url, ...given.env },
  });
  return { ...result, seen: gateway.seen };
}

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
    expect(await against(answers, ["describe", "helo"])).toMatchObject({
      exitCode: 3,
      err: "mayfly: There is no helo.\n",
    });
    const { err } = await against(answers, ["describe", "helo", "--json"]);
    expect(JSON.parse(err).error).toMatchObject({ code: "functionNotFound", status: 404, hint: "hello" });
  });

  test("a failure of Mayfly's own ends with 5", async () => {
    const answers = {
      "GET /secrets": { status: 503, body: json(problem(503, "redisUnavailable", "Redis is away.")) },
    };
    expect(await against(answers, ["secret", "list"])).toMatchObject({
      exitCode: 5,
      err: "mayfly: Redis is away.\n",
    });
  });

  test("an answer that is no problem+json is shown as far as it can be", async () => {
    const { exitCode, err } = await against({ "GET /secrets": { status: 502, body: "<h1>Bad</h1>" } }, [
      "secret",
      "list",
    ]);
    expect([exitCode, err]).toEqual([5, "mayfly: The gateway answered 502: <h1>Bad</h1>\n"]);
  });

  test("the key goes along, and no request goes without one that is there", async () => {
    const { seen } = await against({ "GET /secrets": { body: '{"secrets":[]}' } }, ["secret", "list"], {
      env: { MAYFLY_API_KEY: "mayfly_a_b" },
    });
    expect(seen[0]?.headers.authorization).toBe("Bearer mayfly_a_b");
  });
});

describe("invoke", () => {
  const answered = (body: string, headers = {}): Record<string, Canned> => ({
    "POST /function/hello": { headers: { ...ran, ...headers }, body },
  });

  test("sends the event and prints the result, one line for a script, indented for a person", async () => {
    const { exitCode, out, err, seen } = await against(answered('{"a":1}'), [
      "invoke",
      "hello",
      "-d",
      '{"b":2}',
    ]);
    expect([exitCode, out, err]).toEqual([0, '{"a":1}\n', ""]);
    expect(seen[0]).toMatchObject({ method: "POST", body: '{"b":2}' });
    const person = await against(answered('{"a":1}'), ["invoke", "hello"], {
      outIsTerminal: true,
      errIsTerminal: true,
    });
    expect(person).toMatchObject({ out: '{\n  "a": 1\n}\n', err: `invocation ${ID}\n` });
  });

  test("takes the event from a file and from stdin, and is null without one", async () => {
    await writeFile(join(folder, "event.json"), "[1]");
    expect((await against(answered("1"), ["invoke", "hello", "-d", "@event.json"])).seen[0]?.body).toBe(
      "[1]",
    );
    expect(
      (await against(answered("1"), ["invoke", "hello", "-d", "-"], { stdin: "[2]" })).seen[0]?.body,
    ).toBe("[2]");
    expect((await against(answered("1"), ["invoke", "hello"])).seen[0]?.body).toBe("null");
  });

  test("refuses data that is not JSON before it asks anybody", async () => {
    const { exitCode, err, seen } = await against(answered("1"), ["invoke", "hello", "-d", "hi"]);
    expect([exitCode, seen]).toEqual([2, []]);
    expect(err).toMatch(/^mayfly: --data is not JSON: .* Text needs its quotes: --data '"text"'\n$/);
    expect(await mayfly(["invoke", "hello", "-d", "@nowhere.json"])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("nowhere.json cannot be read"),
    });
  });

  test("bytes go into a file, never to a terminal", async () => {
    const image = Buffer.from([0x89, 0x50, 0, 0xff]);
    const answers = {
      "POST /function/hello": { headers: { ...ran, "content-type": "image/png" }, body: image },
    };
    const shown = await against(answers, ["invoke", "hello"], { outIsTerminal: true });
    expect(shown).toMatchObject({ out: "", err: "4 B of image/png: write them with --output FILE.\n" });
    await against(answers, ["invoke", "hello", "--output", "a.png"]);
    expect(await readFile(join(folder, "a.png"))).toEqual(image);
    const machine = await against(answers, ["invoke", "hello", "--json"]);
    expect(JSON.parse(machine.out)).toMatchObject({
      contentType: "image/png",
      bodyBase64: image.toString("base64"),
    });
  });

  test("a function that threw ends with 1 and shows the user's own line, tamed", async () => {
    const body = json(
      problem(500, "functionError", "It threw.", {
        errorType: "TypeError",
        errorMessage: "no",
        stack: "TypeError: no\u001b[2J\n    at index.ts:3:9",
      }),
    );
    const answers = {
      "POST /function/hello": { status: 500, headers: { ...ran, "mayfly-outcome": "functionError" }, body },
    };
    const { exitCode, out, err } = await against(answers, ["invoke", "hello"]);
    expect([exitCode, out]).toEqual([1, ""]);
    expect(err).toBe(`functionError: TypeError: no\\x1b[2J\n    at index.ts:3:9\ninvocation ${ID}\n`);
  });

  test("a lost worker ends with 5: it is not the function's fault", async () => {
    const body = json(problem(503, "workerLost", "The worker died."));
    const answers = {
      "POST /function/hello": { status: 503, headers: { ...ran, "mayfly-outcome": "workerLost" }, body },
    };
    expect((await against(answers, ["invoke", "hello"])).exitCode).toBe(5);
  });

  test("a function that was ended shows why, in the gateway's words", async () => {
    const body = json(problem(500, "outOfMemory", "It needed more than 96 MiB."));
    const answers = {
      "POST /function/hello": { status: 500, headers: { ...ran, "mayfly-outcome": "outOfMemory" }, body },
    };
    const { exitCode, err } = await against(answers, ["invoke", "hello"]);
    expect([exitCode, err]).toEqual([1, `outOfMemory: It needed more than 96 MiB.\ninvocation ${ID}\n`]);
  });

  test("--async prints the id, and --wait waits for the end and shows how it ended", async () => {
    const record = {
      id: ID,
      state: "failed",
      attempts: [{}, {}],
      outcome: { kind: "timedOut", message: "It took longer than 1 s." },
      receipt: null,
    };
    const answers = {
      "POST /async-function/hello": { status: 202, body: json({ id: ID }) },
      [`GET /invocations/${ID}`]: { body: json(record) },
    };
    expect(await against(answers, ["invoke", "hello", "--async"])).toMatchObject({
      exitCode: 0,
      out: `${ID}\n`,
    });
    expect(await against(answers, ["invoke", "hello", "--wait"])).toMatchObject({
      exitCode: 1,
      out: "",
      err: `timedOut: It took longer than 1 s.\ninvocation ${ID}, 2 attempts\n`,
    });
  });
});

describe("logs", () => {
  const line = { time: 0, stream: "stdout", text: "a\u001b[31mb" };

  test("prints lines with stream and time, and controls cannot act on the terminal", async () => {
    const answers = { [`GET /invocations/${ID}/logs`]: { body: json({ lines: [line], truncated: true }) } };
    const { exitCode, out, err } = await against(answers, ["logs", ID]);
    expect([exitCode, out]).toEqual([0, "1970-01-01T00:00:00.000Z stdout a\\x1b[31mb\n"]);
    expect(err).toContain("the log was cut here");
  });

  test("--follow prints lines as they come, until the invocation has ended", async () => {
    const body = `event: log\nid: 1\ndata: ${json(line)}\n\nevent: end\nid: end\ndata: \n\n`;
    const answers = {
      [`GET /invocations/${ID}/logs`]: { headers: { "content-type": "text/event-stream" }, body },
    };
    const { exitCode, out, seen } = await against(answers, ["logs", ID, "--follow", "--json"]);
    expect([exitCode, JSON.parse(out)]).toEqual([0, line]);
    expect(seen[0]?.headers.accept).toBe("text/event-stream");
  });

  test("a stream that breaks off is told, with 5", async () => {
    const answers = {
      [`GET /invocations/${ID}/logs`]: { headers: { "content-type": "text/event-stream" }, body: "" },
    };
    expect((await against(answers, ["logs", ID, "--follow"])).exitCode).toBe(5);
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
    expect(await against(answers, ["deploy", "."])).toMatchObject({
      exitCode: 0,
      out: "hello  ffffffffffff  deployed\n",
      err: "  warning: The secret PW is not stored yet.\n",
    });
    expect(JSON.parse((await against(answers, ["deploy", ".", "--json"])).out)).toMatchObject({ warnings });
  });

  test("list is a table for people and an array for machines", async () => {
    const answers = { "GET /functions": { body: json({ functions: [view] }) } };
    const { out } = await against(answers, ["list"]);
    expect(out).toBe(
      "NAME   VERSION       RUNTIME   DEPLOYED  DESCRIPTION\nhello  ffffffffffff  nodejs24  2 h ago   Greets.\n",
    );
    expect(JSON.parse((await against(answers, ["list", "--json"])).out)[0].name).toBe("hello");
    const none = await against({ "GET /functions": { body: '{"functions":[]}' } }, ["list"]);
    expect(none.out).toBe("No function is deployed. Deploy one with: mayfly deploy DIR\n");
  });

  test("describe tells everything there is to tell", async () => {
    const { out } = await against({ "GET /functions/hello": { body: json(view) } }, ["describe", "hello"]);
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
    expect((await against(answers, ["delete", "hello"])).seen[0]?.path).toBe("/functions/hello");
    const forced = await against(answers, ["delete", "hello", "--force"]);
    expect(forced).toMatchObject({ exitCode: 0, out: "hello is deleted.\n" });
    expect(forced.seen[0]?.path).toBe("/functions/hello?force=true");
  });

  test("cancel tells the state, and one that had ended is refused with 3", async () => {
    const path = `DELETE /invocations/${ID}`;
    const done = await against({ [path]: { body: json({ state: "cancelled" }) } }, ["cancel", ID]);
    expect(done).toMatchObject({ exitCode: 0, out: `${ID} is cancelled.\n` });
    const ended = { status: 409, body: json(problem(409, "alreadyEnded", "It had ended.")) };
    expect(await against({ [path]: ended }, ["cancel", ID])).toMatchObject({
      exitCode: 3,
      err: "mayfly: It had ended.\n",
    });
  });
});

describe("secrets and keys", () => {
  test("a secret comes from stdin or a file, never from the command line", async () => {
    const answers = { "PUT /secrets/TOKEN": { status: 204 } };
    const piped = await against(answers, ["secret", "set", "TOKEN"], { stdin: "hush\n" });
    expect(piped).toMatchObject({ exitCode: 0, out: "TOKEN is stored.\n" });
    expect(piped.seen[0]?.body).toBe('{"value":"hush"}');
    await writeFile(join(folder, "secret.txt"), "a\nb\n");
    const read = await against(answers, ["secret", "set", "TOKEN", "--from", "secret.txt"]);
    expect(JSON.parse(read.seen[0]?.body ?? "")).toEqual({ value: "a\nb" });
    expect(await against(answers, ["secret", "set", "TOKEN"], { stdin: "\n" })).toMatchObject({
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
    const made = await against({ "POST /keys": { status: 201, body: json(key) } }, [
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
    const listed = await against({ "GET /keys": { body: json({ keys }) } }, ["key", "list"]);
    expect(listed.out).toMatch(/^ID +TENANT +SCOPES +MADE +LABEL\nk1 +default +admin +0 s ago +laptop\n$/);
    const deleted = await against({ "DELETE /keys/k1": { status: 204 } }, ["key", "delete", "k1"]);
    expect(deleted).toMatchObject({ exitCode: 0, out: "Key k1 is deleted.\n" });
  });
});
