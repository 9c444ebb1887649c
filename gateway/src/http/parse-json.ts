import { MayflyError } from "@mayfly/contract";
import { jsonFaultAt } from "./json-fault.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a body that calls itself JSON.
 *
 * @throws MayflyError `invalidJson`, with the line and column of what is wrong
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { offset, line, column } = jsonFaultAt(text);
    const end = offset >= text.length;
    throw new MayflyError(
      "invalidJson",
      `The body is not JSON: at line ${line}, column ${column} ${end ? "it ends too early" : `stands ${quoted(text, offset)}, which cannot stand there`}. Send valid JSON, or another Content-Type if it is not meant to be any.`,
      { facts: { position: offset, line, column }, cause: error },
    );
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new MayflyError("invalidJson", "The body is not UTF-8, as JSON must be (RFC 8259 §8.1).", {
      cause,
    });
  }
}

function quoted(text: string, offset: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
}
