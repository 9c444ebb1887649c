import { describe, expect, test } from "vitest";
import { jsonFaultAt } from "./json-fault.ts";

describe("the first character that cannot stand where it stands", () => {
  test.each<[string, string, number]>([
    ["a value that is missing", '{"a":', 5],
    ["a word that is none", '{"a":x}', 5],
    ["a literal that goes wrong in the middle", "[tru3]", 4],
    ["a comma before the end", "[1,]", 3],
    ["a key without quotes", "{a:1}", 1],
    ["a missing colon", '{"a" 1}', 5],
    ["a missing comma", "[1 2]", 3],
    ["the wrong bracket", '{"a":[1}', 7],
    ["something after the end", '{"a":1}}', 7],
    ["a string without an end", '"abc', 4],
    ["a line break in a string", '"a\nb"', 2],
    ["an unknown escape", '"a\\x"', 2],
    ["a number that begins with 0", "[01]", 2],
    ["nothing at all", "", 0],
    ["single quotes", "{'a':1}", 1],
  ])("%s", (_title, text, offset) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(jsonFaultAt(text).offset).toBe(offset);
  });

  test("line and column count from 1", () => {
    expect(jsonFaultAt('{\n  "a": 1,\n  b: 2\n}')).toEqual({ offset: 14, line: 3, column: 3 });
  });

  test("a text nested a million deep does not overflow the stack", () => {
    expect(jsonFaultAt("[".repeat(1_000_000)).offset).toBe(1_000_000);
  });

  test("where V8 names a position, it is the same", () => {
    const texts = ["{a:1}", '"\n"', '{"a":1}}', '"abc', '{"a" 1}', "[01]", '{"a":1 "b":2}', "[1}"];
    for (const text of texts) {
      let message = "";
      try {
        JSON.parse(text);
      } catch (error) {
        message = String(error);
      }
      const position = /position (\d+)/.exec(message)?.[1];
      if (position !== undefined)
        expect(jsonFaultAt(text).offset, `${text}: ${message}`).toBe(Number(position));
    }
  });
});
