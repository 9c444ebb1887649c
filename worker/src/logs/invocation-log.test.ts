import { PassThrough } from "node:stream";
import type { LogLine } from "@mayfly/contract";
import { expect, test } from "vitest";
import { asPipe } from "../../test/support/as-pipe.ts";
import { collectLog } from "./invocation-log.ts";

function collect(maxBytes: number) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const kept: { lines: readonly LogLine[]; truncated: boolean }[] = [];
  const log = collectLog({
    streams: { stdout: asPipe(stdout), stderr: asPipe(stderr) },
    maxBytes,
    now: () => 1,
    append: async (lines, truncated) => void kept.push({ lines, truncated }),
  });
  const end = async () => {
    stdout.end();
    stderr.end();
    await log.finish();
    return kept.flatMap(({ lines }) => lines.map(({ stream, text }) => [stream, text]));
  };
  return { stdout, stderr, log, kept, end };
}

test("lines of both streams are kept in the order in which they came", async () => {
  const { stdout, stderr, end, log } = collect(1000);
  stdout.write("a\n");
  stderr.write("b\n");
  stdout.write("c");
  expect(await end()).toEqual([
    ["stdout", "a"],
    ["stderr", "b"],
    ["stdout", "c"],
  ]);
  expect(log.bytes).toBe(5);
});

test("past its limit a log is cut with a marker, once, and the streams are still read", async () => {
  const { stdout, stderr, end, kept, log } = collect(6);
  stdout.write("abcd\nefgh\n");
  for (let i = 0; i < 1000; i++) stderr.write("x".repeat(1000));
  const lines = await end();
  expect(lines.slice(0, 2)).toEqual([
    ["stdout", "abcd"],
    ["stdout", "e"],
  ]);
  expect(lines[2]?.[1]).toMatch(/cut at its limit of 6/);
  expect(lines).toHaveLength(3);
  expect(kept.at(-1)?.truncated).toBe(true);
  expect(log.bytes).toBe(6);
});

test("a flush keeps what was written up to then, without waiting for more", async () => {
  const { stdout, log, kept, end } = collect(1000);
  stdout.write("now\nlater");
  await new Promise((resolve) => setImmediate(resolve));
  await log.flush();
  expect(kept.flatMap(({ lines }) => lines.map(({ text }) => text))).toEqual(["now"]);
  await end();
});
