import { expect, test } from "vitest";
import { FRAME, type InvokeHeader, type RunnerFrame } from "./frames.ts";
import { FrameReader, MalformedFrame } from "./read-frames.ts";
import { invokeFrame } from "./write-frames.ts";

function frame(type: number, payload: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 0);
  head[4] = type;
  return Buffer.concat([head, bytes]);
}

function result(json: string, flags = 0): Buffer {
  const head = Buffer.alloc(9);
  head[0] = flags;
  head.writeDoubleBE(1234, 1);
  return frame(FRAME.result, Buffer.concat([head, Buffer.from(json)]));
}

function read(chunks: readonly Buffer[], maxResultBytes = 1000): RunnerFrame[] {
  const frames: RunnerFrame[] = [];
  const reader = new FrameReader({ maxResultBytes, onFrame: (one) => frames.push(one) });
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

test("frames are found whatever the chunks they come in", () => {
  const bytes = Buffer.concat([
    frame(FRAME.called, '{"bootedUs":1,"calledUs":2}'),
    result('{"a":1}', 3),
    frame(FRAME.settled),
  ]);
  const expected: RunnerFrame[] = [
    { type: "called", bootedUs: 1, calledUs: 2 },
    { type: "result", isHttpResponse: true, pending: true, atUs: 1234, json: Buffer.from('{"a":1}') },
    { type: "settled" },
  ];
  expect(read([bytes])).toEqual(expected);
  expect(read(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected);
});

test("a result at its limit is taken, one byte more is told as too large and ends the reading", () => {
  expect(read([result('"12345678"')], 10)).toMatchObject([{ type: "result" }]);
  const frames: RunnerFrame[] = [];
  const reader = new FrameReader({ maxResultBytes: 10, onFrame: (one) => frames.push(one) });
  expect(() => reader.push(result('"123456789"').subarray(0, 5))).toThrow(MalformedFrame);
  expect(frames).toMatchObject([{ type: "tooLarge", bytes: 11 }]);
});

test.each([
  ["an unknown type", frame(99)],
  ["a length that no error has", Buffer.from([0x7f, 0xff, 0xff, 0xff, FRAME.error])],
  ["JSON that is none", frame(FRAME.error, "{")],
  ["JSON that is no object", frame(FRAME.called, "7")],
  ["a result without text", frame(FRAME.result, "123456789")],
])("%s is refused", (_title, bytes) => {
  expect(() => read([bytes])).toThrow(MalformedFrame);
});

test("fields of a wrong type are taken for unsaid, and long texts are cut", () => {
  const lie = { errorType: 7, errorMessage: "x".repeat(100_000), stack: {}, code: null, atUs: "now" };
  expect(read([frame(FRAME.error, JSON.stringify(lie))])).toEqual([
    {
      type: "error",
      errorType: "Error",
      errorMessage: `${"x".repeat(8 * 1024)}… (cut)`,
      stack: null,
      code: null,
      atUs: Number.NaN,
      isTimeUp: false,
    },
  ]);
});

test("an error that is long all over is small enough to be kept", () => {
  const long = "y".repeat(100_000);
  const [error] = read([
    frame(FRAME.error, JSON.stringify({ errorType: long, errorMessage: long, stack: long, code: long })),
  ]);
  expect(error).toMatchObject({
    errorType: `${"y".repeat(200)}… (cut)`,
    stack: `${"y".repeat(16 * 1024)}… (cut)`,
  });
  expect(JSON.stringify(error).length).toBeLessThan(32 * 1024);
});

test("an invoke frame tells its own lengths", () => {
  const bytes = invokeFrame({ resultBytes: 1 } as InvokeHeader, '"é"', Buffer.from([1, 2]));
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 5);
  expect(bytes.subarray(-2)).toEqual(Buffer.from([1, 2]));
  expect(bytes.includes('"é"')).toBe(true);
});
