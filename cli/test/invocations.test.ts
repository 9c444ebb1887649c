import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { against, mayfly } from "./support/mayfly.ts";
import { type Canned, problem } from "./support/stand-in-gateway.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ID = "019365c0-0000-7000-8000-000000000000";
const ran = { "mayfly-invocation-id": ID, "mayfly-outcome": "ok" };
/** In the folder of this test. */
const asked = (
  answers: Parameters<typeof against>[0],
  words: string[],
  given: Parameters<typeof against>[2] = {},
) => against(answers, words, { cwd: folder, ...given });

const json = (value: unknown) => JSON.stringify(value);

describe("invoke", () => {
  const answered = (body: string, headers = {}): Record<string, Canned> => ({
    "POST /function/hello": { headers: { ...ran, ...headers }, body },
  });

  test("sends the event and prints the result, one line for a script, indented for a person", async () => {
    const { exitCode, out, err, seen } = await asked(answered('{"a":1}'), [
      "invoke",
      "hello",
      "-d",
      '{"b":2}',
    ]);
    expect([exitCode, out, err]).toEqual([0, '{"a":1}\n', ""]);
    expect(seen[0]).toMatchObject({ method: "POST", body: '{"b":2}' });
    const person = await asked(answered('{"a":1}'), ["invoke", "hello"], {
      outIsTerminal: true,
      errIsTerminal: true,
    });
    expect(person).toMatchObject({ out: '{\n  "a": 1\n}\n', err: `invocation ${ID}\n` });
  });

  test("takes the event from a file and from stdin, and is null without one", async () => {
    await writeFile(join(folder, "event.json"), "[1]");
    expect((await asked(answered("1"), ["invoke", "hello", "-d", "@event.json"])).seen[0]?.body).toBe("[1]");
    expect((await asked(answered("1"), ["invoke", "hello", "-d", "-"], { stdin: "[2]" })).seen[0]?.body).toBe(
      "[2]",
    );
    expect((await asked(answered("1"), ["invoke", "hello"])).seen[0]?.body).toBe("null");
  });

  test("refuses data that is not JSON before it asks anybody", async () => {
    const { exitCode, err, seen } = await asked(answered("1"), ["invoke", "hello", "-d", "hi"]);
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
    const shown = await asked(answers, ["invoke", "hello"], { outIsTerminal: true });
    expect(shown).toMatchObject({ out: "", err: "4 B of image/png: write them with --output FILE.\n" });
    await asked(answers, ["invoke", "hello", "--output", "a.png"]);
    expect(await readFile(join(folder, "a.png"))).toEqual(image);
    const machine = await asked(answers, ["invoke", "hello", "--json"]);
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
    const { exitCode, out, err } = await asked(answers, ["invoke", "hello"]);
    expect([exitCode, out]).toEqual([1, ""]);
    expect(err).toBe(`functionError: TypeError: no\\x1b[2J\n    at index.ts:3:9\ninvocation ${ID}\n`);
  });

  test("a lost worker ends with 5: it is not the function's fault", async () => {
    const body = json(problem(503, "workerLost", "The worker died."));
    const answers = {
      "POST /function/hello": { status: 503, headers: { ...ran, "mayfly-outcome": "workerLost" }, body },
    };
    expect((await asked(answers, ["invoke", "hello"])).exitCode).toBe(5);
  });

  test("a function that was ended shows why, in the gateway's words", async () => {
    const body = json(problem(500, "outOfMemory", "It needed more than 96 MiB."));
    const answers = {
      "POST /function/hello": { status: 500, headers: { ...ran, "mayfly-outcome": "outOfMemory" }, body },
    };
    const { exitCode, err } = await asked(answers, ["invoke", "hello"]);
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
    expect(await asked(answers, ["invoke", "hello", "--async"])).toMatchObject({
      exitCode: 0,
      out: `${ID}\n`,
    });
    expect(await asked(answers, ["invoke", "hello", "--wait"])).toMatchObject({
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
    const { exitCode, out, err } = await asked(answers, ["logs", ID]);
    expect([exitCode, out]).toEqual([0, "1970-01-01T00:00:00.000Z stdout a\\x1b[31mb\n"]);
    expect(err).toContain("the log was cut here");
  });

  test("--follow prints lines as they come, until the invocation has ended", async () => {
    const body = `event: log\nid: 1\ndata: ${json(line)}\n\nevent: end\nid: end\ndata: \n\n`;
    const answers = {
      [`GET /invocations/${ID}/logs`]: { headers: { "content-type": "text/event-stream" }, body },
    };
    const { exitCode, out, seen } = await asked(answers, ["logs", ID, "--follow", "--json"]);
    expect([exitCode, JSON.parse(out)]).toEqual([0, line]);
    expect(seen[0]?.headers.accept).toBe("text/event-stream");
  });

  test("a stream that breaks off is told, with 5", async () => {
    const answers = {
      [`GET /invocations/${ID}/logs`]: { headers: { "content-type": "text/event-stream" }, body: "" },
    };
    expect((await asked(answers, ["logs", ID, "--follow"])).exitCode).toBe(5);
  });
});
