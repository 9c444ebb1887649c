import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { exampleContext, exampleHttpEvent } from "../example-context.ts";
import example from "./example.json" with { type: "json" };
import thumbnail from "./index.ts";

const bytesOf = (base64: string) => Buffer.from(base64, "base64");
const original = PNG.sync.read(bytesOf(example.image));

describe("JSON in", () => {
  it("makes the example fit into its box and keeps the proportions", () => {
    const result = small(example);
    expect(result).toMatchObject({ format: "png", width: 160, height: 107 });
    expect(result.from).toEqual({ format: "png", width: 480, height: 320 });
    const decoded = PNG.sync.read(bytesOf(result.image));
    expect([decoded.width, decoded.height]).toEqual([160, 107]);
    expect(result.bytes).toBe(bytesOf(result.image).length);
  });

  it("keeps the picture's mean colour, since each pixel is the average of what it covers", () => {
    const decoded = PNG.sync.read(bytesOf(small(example).image));
    for (const channel of [0, 1, 2]) {
      expect(Math.abs(mean(decoded.data, channel) - mean(original.data, channel))).toBeLessThan(1);
    }
  });

  it("turns a PNG into a JPEG where that is asked for", () => {
    const result = small({ ...example, format: "jpeg", width: 64 });
    const decoded = jpeg.decode(bytesOf(result.image));
    expect([decoded.width, decoded.height]).toEqual([64, 43]);
  });

  it("leaves a picture alone that fits already", () => {
    expect(small({ ...example, width: 4000, height: 4000 })).toMatchObject({ width: 480, height: 320 });
  });

  it("turns a sideways photo upright", () => {
    const result = small({ image: sidewaysJpeg(), width: 40, height: 40 });
    expect(result).toMatchObject({ width: 20, height: 40, from: { width: 40, height: 80 } });
    const { data } = jpeg.decode(bytesOf(result.image), { useTArray: true });
    const top = data[0] ?? 0;
    const bottom = data[(20 * 39 + 10) * 4] ?? 0;
    expect(top).toBeGreaterThan(200);
    expect(bottom).toBeLessThan(50);
  });

  it.each([
    ["text", { image: Buffer.from("not an image at all").toString("base64") }, /neither a PNG nor a JPEG/],
    ["a width of zero", { ...example, width: 0 }, /width is 0/],
    ["a PNG that claims to be huge", { image: hugeHeader() }, /100000x100000 pixels/],
  ])("refuses %s and says what it takes", (_, event, message) => {
    expect(() => thumbnail(event, exampleContext("thumbnail"))).toThrow(message);
  });
});

it("answers an image sent as the body with an image", () => {
  const rawBody = bytesOf(example.image);
  const event = exampleHttpEvent("POST", "width=48&format=jpeg", rawBody);
  const answer = thumbnail(event, exampleContext("thumbnail", { rawBody }));
  if (!("body" in answer)) throw new Error("it did not answer as HTTP");
  expect(answer).toMatchObject({
    statusCode: 200,
    headers: { "content-type": "image/jpeg" },
    isBase64Encoded: true,
  });
  expect(jpeg.decode(bytesOf(answer.body)).width).toBe(48);
});

function small(event: Parameters<typeof thumbnail>[0]) {
  const result = thumbnail(event, exampleContext("thumbnail"));
  if (!("image" in result)) throw new Error("it answered as HTTP");
  return result;
}

function mean(data: Uint8Array, channel: number): number {
  let sum = 0;
  for (let at = channel; at < data.length; at += 4) sum += data[at] ?? 0;
  return sum / (data.length / 4);
}

/** 80 by 40, white on its left and black on its right, with an Exif block that says "turn by 90 degrees" (6). */
function sidewaysJpeg(): string {
  const data = new Uint8Array(80 * 40 * 4).fill(255);
  for (let y = 0; y < 40; y++) for (let x = 40; x < 80; x++) data.set([0, 0, 0], (y * 80 + x) * 4);
  const plain = jpeg.encode({ width: 80, height: 40, data }, 95).data;
  const exif = Buffer.from(
    "457869660000" + "4d4d002a00000008" + "0001" + "011200030000000100060000" + "00000000",
    "hex",
  );
  const segment = Buffer.alloc(4);
  segment.writeUInt16BE(0xffe1, 0);
  segment.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([plain.subarray(0, 2), segment, exif, plain.subarray(2)]).toString("base64");
}

function hugeHeader(): string {
  const bytes = Buffer.from(bytesOf(example.image));
  bytes.writeUInt32BE(100_000, 16);
  bytes.writeUInt32BE(100_000, 20);
  return bytes.toString("base64");
}
