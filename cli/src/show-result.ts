import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { bytes } from "./quantities.ts";
import { line, type Terminal } from "./terminal.ts";

/** A function's answer over HTTP, taken apart. */
export interface Answer {
  readonly contentType: string;
  readonly body: Buffer;
}

export const isJson = ({ contentType }: Answer) => /^application\/(.+\+)?json\b/.test(contentType);
const isText = ({ contentType }: Answer) => /^text\/|charset=utf-8/i.test(contentType);

/** The answer as a value for `--json`: JSON as it is, text as text, other bytes in base64. */
export function answerValue(answer: Answer): Record<string, unknown> {
  if (isJson(answer)) return { result: JSON.parse(answer.body.toString() || "null") };
  if (isText(answer)) return { result: answer.body.toString() };
  return { contentType: answer.contentType, bodyBase64: answer.body.toString("base64") };
}

/** Prints an answer, or writes it into a file: bytes that are no text never go to a terminal. */
export async function showAnswer(
  answer: Answer,
  output: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (output !== undefined) {
    await writeFile(resolve(terminal.cwd, output), answer.body);
    terminal.err(line(`${bytes(answer.body.length)} of ${answer.contentType} written to ${output}.`));
  } else if (isJson(answer)) {
    const value: unknown = JSON.parse(answer.body.toString() || "null");
    terminal.out(line(JSON.stringify(value, null, terminal.outIsTerminal ? 2 : 0)));
  } else if (terminal.outIsTerminal && !isText(answer)) {
    terminal.err(
      line(`${bytes(answer.body.length)} of ${answer.contentType}: write them with --output FILE.`),
    );
  } else {
    terminal.out(answer.body);
    if (terminal.outIsTerminal) terminal.out("\n");
  }
}
