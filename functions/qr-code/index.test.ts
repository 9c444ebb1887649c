import { PNG } from "pngjs";
import { expect, it } from "vitest";
import { exampleHttpEvent } from "../example-context.ts";
import example from "./example.json" with { type: "json" };
import qrCode from "./index.ts";

it("draws the example, with the three finder patterns in its corners", async () => {
  const result = await qrCode({ ...example, errorCorrection: "Q" });
  if (!("png" in result)) throw new Error("it answered as HTTP");
  expect(result).toMatchObject({ version: 4, modules: 33, errorCorrection: "Q" });

  const { width, height, data } = PNG.sync.read(Buffer.from(result.png, "base64"));
  expect([width, height]).toEqual([256, 256]);
  const quietZone = 4;
  const isDark = (x: number, y: number) => {
    const pixel = (module: number) => Math.floor(((module + quietZone + 0.5) * width) / (33 + 2 * quietZone));
    return (data[(pixel(y) * width + pixel(x)) * 4] ?? 255) < 128;
  };
  const finderRow = [true, false, true, true, true, false, true, false];
  for (const [startX, y, step] of [
    [0, 3, 1],
    [32, 3, -1],
    [0, 29, 1],
  ] as const) {
    expect(finderRow.map((_, i) => isDark(startX + i * step, y))).toEqual(finderRow);
  }
});

it("answers a GET with the PNG itself", async () => {
  const answer = await qrCode(exampleHttpEvent("GET", "text=gr%C3%BC%C3%9F+dich&width=128"));
  if (!("body" in answer)) throw new Error("it did not answer as HTTP");
  expect(answer).toMatchObject({ statusCode: 200, headers: { "content-type": "image/png" } });
  expect(PNG.sync.read(Buffer.from(answer.body, "base64")).width).toBe(128);
});

it("says what is missing, and what is too large", async () => {
  await expect(qrCode({ text: "" })).rejects.toThrow("text is missing");
  await expect(qrCode({ text: "a", width: 1e6 })).rejects.toThrow("32 to 2048");
});
