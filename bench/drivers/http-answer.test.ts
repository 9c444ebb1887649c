import { expect, it } from "vitest";
import { AnswerReader } from "./http-answer.ts";

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nx: y\r\n\r\n{"ä":12}';

it("an answer is read in whatever pieces it comes", () => {
  const reader = new AnswerReader();
  const bytes = Buffer.from(ANSWER);
  const answers = [...bytes].map((byte) => reader.push(Buffer.from([byte])));
  expect(answers.filter((answer) => answer !== null)).toEqual([{ status: 200, body: '{"ä":12}' }]);
});

it("the next answer begins where the last one ended", () => {
  const reader = new AnswerReader();
  reader.push(Buffer.from(ANSWER));
  const refusal = "HTTP/1.1 429 Too Many\r\ncontent-length: 0\r\n\r\n";
  expect(reader.push(Buffer.from(refusal))).toEqual({ status: 429, body: "" });
});

it("an answer of unknown length is refused, not guessed", () => {
  const reader = new AnswerReader();
  expect(() => reader.push(Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"))).toThrow(
    "without content-length",
  );
});
