import type { LogLine } from "@mayfly/contract";
import { expect, test } from "vitest";
import { MAX_LINE_BYTES, splitLines } from "./split-lines.ts";

function split(...chunks: (Buffer | string)[]): string[] {
  const lines: LogLine[] = [];
  const splitter = splitLines(
    "stdout",
    () => 7,
    (line) => lines.push(line),
  );
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  expect(lines.every(({ time, stream }) => time === 7 && stream === "stdout")).toBe(true);
  return lines.map(({ text }) => text);
}

test("lines are found whatever the chunks they come in, and an unfinished one is told at the end", () => {
  expect(split("a\nb", "c\n\nd")).toEqual(["a", "bc", "", "d"]);
  expect(
    split(
      ...Buffer.from("é\r\n漢\n")
        .toString("latin1")
        .split("")
        .map((byte) => Buffer.from(byte, "latin1")),
    ),
  ).toEqual(["é", "漢"]);
  expect(split()).toEqual([]);
});

test("bytes that are no UTF-8 become the replacement character", () => {
  expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).toEqual(["a\ufffdb"]);
});

test("an endless line is cut into pieces between characters", () => {
  const text = "é".repeat(MAX_LINE_BYTES);
  const lines = split(Buffer.from(`x${text}`));
  expect(lines.join("")).toBe(`x${text}`);
  expect(lines.length).toBe(3);
  expect(lines.every((line) => Buffer.byteLength(line) <= MAX_LINE_BYTES)).toBe(true);
  const oneChunk = split(Buffer.from(`${text}\nnext\n`));
  expect(oneChunk.at(-1)).toBe("next");
  expect(oneChunk.slice(0, -1).join("")).toBe(text);
});
