import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };

const CALL = "import json, sys, handler; json.dump(handler.handler(json.load(sys.stdin), None), sys.stderr)";

it("counts the example's words, whatever their script and case", () => {
  expect(wordCount(example)).toEqual({
    lines: 3,
    words: 22,
    different: 18,
    characters: 121,
    longest: "eintagsfliege",
    top: [
      { word: "the", count: 3 },
      { word: "for", count: 2 },
      { word: "a", count: 2 },
    ],
  });
});

it("takes an empty text", () => {
  expect(wordCount({ text: "" })).toMatchObject({ words: 0, longest: null, top: [] });
});

it("raises where there is no text", () => {
  expect(() => execFileSync("python3", ["-c", CALL], { ...options({}), stdio: "pipe" })).toThrow("TypeError");
});

function wordCount(event: unknown): unknown {
  const { stderr, status } = spawnSync("python3", ["-c", CALL], options(event));
  expect(status, stderr).toBe(0);
  return JSON.parse(stderr);
}

function options(event: unknown) {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" };
  return { cwd: import.meta.dirname, env, input: JSON.stringify(event), encoding: "utf8" } as const;
}
