import { duplexPair } from "node:stream";
import { FRAME } from "@mayfly/runtimes";
import { afterAll, expect, test } from "vitest";
import { asPipe } from "../../test/support/as-pipe.ts";
import { createResultChecker } from "../outcome/result-checker.ts";
import { converse } from "./conversation.ts";

const checker = createResultChecker();
afterAll(() => checker[Symbol.asyncDispose]());

function frame(type: number, payload: string | Buffer = ""): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 0);
  head[4] = type;
  return Buffer.concat([head, bytes]);
}

const result = (json: string, flags = 0) =>
  frame(FRAME.result, Buffer.concat([Buffer.from([flags]), Buffer.alloc(8), Buffer.from(json)]));
const thrown = (errorMessage: string) => frame(FRAME.error, JSON.stringify({ errorType: "E", errorMessage }));

/** Lets the other side say all this and leave. */
async function after(...said: Buffer[]) {
  const [ours, theirs] = duplexPair();
  const talk = converse(asPipe(ours), 1000, checker);
  for (const bytes of said) theirs.write(bytes);
  theirs.end();
  await talk.closed;
  return talk;
}

test("the first thing that settles the call is kept, and no later one", async () => {
  const first = await after(thrown("a"), result("1"), thrown("b"));
  expect(first.evidence).toMatchObject({ error: { errorMessage: "a" }, result: null });
  const second = await after(result("1"), thrown("b"), result("2"));
  expect(second.evidence).toMatchObject({ error: null, result: { json: "1", bytes: 1 } });
  expect(second.later.errorsAfter).toMatchObject([{ errorMessage: "b" }]);
});

test("errors after the answer are kept in a bounded number", async () => {
  const { later } = await after(result("1", 2), ...Array.from({ length: 1000 }, () => thrown("x")));
  expect(later.errorsAfter.length).toBeLessThanOrEqual(20);
});

test("a check that fails is told to who waits for the call", async () => {
  const [ours, theirs] = duplexPair();
  const failing = { ...checker, check: () => Promise.reject(new Error("no thread")) };
  const talk = converse(asPipe(ours), 1000, failing);
  theirs.end(Buffer.concat([result("1"), thrown("after it")]));
  await expect(talk.settled).rejects.toThrow("no thread");
  await expect(talk.closed).rejects.toThrow("no thread");
});

test("V8's callback counts as evidence before the answer, and as a later fact after it", async () => {
  expect((await after(frame(FRAME.heapOom))).evidence.heapOom).toBe(true);
  const talk = await after(result("1", 2), frame(FRAME.heapOom));
  expect(talk.evidence.heapOom).toBe(false);
  expect(talk.later).toMatchObject({ wasPending: true, heapOomAfter: true });
});

test("a pending answer settles the call at once and is done when waitUntil is", async () => {
  const [ours, theirs] = duplexPair();
  const talk = converse(asPipe(ours), 1000, checker);
  let isDone = false;
  void talk.done.then(() => {
    isDone = true;
  });
  theirs.write(result("1", 2));
  await talk.settled;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isDone).toBe(false);
  theirs.write(frame(FRAME.settled));
  await talk.done;
});

test("nonsense ends the reading, and is evidence only where nothing was answered before", async () => {
  const talk = await after(frame(99), result("1"));
  expect(talk.evidence).toMatchObject({ result: null, malformed: expect.stringContaining("99") });
  expect((await after(result("1"), frame(99), frame(98))).evidence).toMatchObject({
    result: { json: "1" },
    malformed: null,
  });
});

test("a cancel after the answer changes nothing; one before it is told to the function", async () => {
  const answered = await after(result("1"));
  answered.cancel();
  expect(answered.evidence.cancelled).toBe(false);
  const [ours, theirs] = duplexPair();
  const talk = converse(asPipe(ours), 1000, checker);
  talk.cancel();
  const said = await new Promise((resolve) => theirs.once("data", resolve));
  expect(said).toEqual(Buffer.from([0, 0, 0, 0, FRAME.cancel]));
  expect(talk.evidence.cancelled).toBe(true);
});
