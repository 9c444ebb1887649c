import type { LogLine } from "@mayfly/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { escapeControls } from "../../src/routes/logs.ts";
import { ended, post, startTestGateway, type TestGateway } from "../support.ts";

const NASTY = "red \x1b[31m, NUL \0, bell \x07, C1 \x9b, bidi \u202e, tab \t, a backslash \\";
const LINES: LogLine[] = [
  { time: 1_800_000_000_123, stream: "stdout", text: "begun" },
  { time: 1_800_000_000_456, stream: "stderr", text: NASTY },
];

let gateway: TestGateway;
let finish = () => {};
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.deploy("talker");
});
beforeEach(() => {
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  gateway.worker.handle = async (invocation) => {
    await invocation.enter();
    await gateway.store.invocations.appendLogs(invocation.id, LINES, false);
    await finished;
    await gateway.store.invocations.appendLogs(
      invocation.id,
      [{ ...LINES[0], text: "last" } as LogLine],
      true,
    );
    return ended();
  };
});
afterAll(() => gateway[Symbol.asyncDispose]());

const start = async () =>
  ((await (await gateway.request("/async-function/talker", post(1))).json()) as { id: string }).id;
const logs = (id: string, accept: string, more: Record<string, string> = {}) =>
  gateway.request(`/invocations/${id}/logs`, { headers: { accept, ...more } });
const ran = async () => {
  const id = await start();
  finish();
  await gateway.request(`/invocations/${id}?wait=5`);
  return id;
};

describe("an invocation's logs", () => {
  test("are JSON: each line with its stream and time, and whether they were cut", async () => {
    const answer = await logs(await ran(), "*/*");
    expect(await answer.json()).toEqual({
      lines: [...LINES, { ...LINES[0], text: "last" }],
      truncated: true,
    });
  });

  test("are plain text in which nothing acts on a terminal", async () => {
    const answer = await logs(await ran(), "text/plain");
    expect(answer.headers.get("content-type")).toContain("text/plain");
    expect(await answer.text()).toBe(
      "2027-01-15T08:00:00.123Z stdout begun\n" +
        "2027-01-15T08:00:00.456Z stderr red \\x1b[31m, NUL \\x00, bell \\x07, C1 \\x9b, bidi \\u202e, tab \\x09, a backslash \\\n" +
        "2027-01-15T08:00:00.123Z stdout last\n" +
        "(the log was cut here)\n",
    );
  });

  test("are followed as server-sent events until the invocation ends", async () => {
    const id = await start();
    const answer = await logs(id, "text/event-stream");
    expect(answer.headers.get("content-type")).toContain("text/event-stream");
    const reader = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("id: 2\n")) text += (await reader.read()).value;
    expect(text).not.toContain("last");
    finish();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += chunk.value;
    expect(text).toMatch(/^event: log\ndata: \{"time":1800000000123,.*"begun"\}\nid: 1\n\n/);
    expect(text).toContain("last");
    expect(text).toMatch(/event: end\ndata: \nid: end\n\n$/);
  });

  test("go on after the last line that a client has seen, and a client that has seen the end is told to stop", async () => {
    const id = await ran();
    const text = await (await logs(id, "text/event-stream", { "last-event-id": "2" })).text();
    expect(text).not.toContain("begun");
    expect(text).toContain("id: 3\n");
    expect((await logs(id, "text/event-stream", { "last-event-id": "end" })).status).toBe(204);
  });

  test("of a stranger are 404", async () => {
    expect((await logs("019365c0-0000-7000-8000-000000000000", "*/*")).status).toBe(404);
  });
});

test("text without control characters stays as it is", () => {
  expect(escapeControls("héllo 🪰 漢字 <b>&")).toBe("héllo 🪰 漢字 <b>&");
});
