import { expect, test } from "vitest";
import { decodeReply, encodeHeader } from "./reply-message.ts";

const HEADER = { id: "a", outcome: { kind: "ok" as const }, isHttpResponse: false, timing: null };

test("a result's own text, line breaks in it too, comes through unread", () => {
  const resultJson = '{\n  "a":  1.0\n}';
  expect(decodeReply(`${encodeHeader(HEADER)}\n${resultJson}`)).toEqual({ ...HEADER, resultJson });
});

test("no result is null", () => {
  expect(decodeReply(`${encodeHeader(HEADER)}\n`)).toEqual({ ...HEADER, resultJson: null });
});
