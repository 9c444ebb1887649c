import { expect, test } from "vitest";
import { type ServerSentEvent, serverSentEvents } from "./server-sent-events.ts";

async function read(...chunks: string[]) {
  const stream = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
  const events: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(stream as ReadableStream<Uint8Array>)) events.push(event);
  return events;
}

test("an event is a name and its data, however the bytes are cut", async () => {
  expect(await read("event: lo", "g\nda", 'ta: {"a":1}\n', "\n")).toEqual([
    { event: "log", data: '{"a":1}' },
  ]);
});

test("data of several lines is joined, comments and empty events are passed over", async () => {
  expect(await read(": hello\n\ndata: a\ndata: b\n\nevent: x\n\n")).toEqual([
    { event: "message", data: "a\nb" },
  ]);
});

test("lines may end with CR LF, also where a chunk ends between the two", async () => {
  expect(await read("data: a\r", "\n\r\n")).toEqual([{ event: "message", data: "a" }]);
});
