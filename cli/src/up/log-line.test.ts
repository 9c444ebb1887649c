import { expect, test } from "vitest";
import { readableLogLine } from "./log-line.ts";

test("a line of pino's is its level, its message and its cause", () => {
  const line = JSON.stringify({ level: 50, time: 1, msg: "Redis is away", err: { message: "ECONNREFUSED" } });
  expect(readableLogLine(line)).toBe("error Redis is away: ECONNREFUSED");
  expect(readableLogLine('{"level":30,"msg":"ready"}')).toBe("info ready");
});

test("what was being done is told, so that an invocation can be looked up", () => {
  const line = { level: 40, msg: "got over a failure", doing: "running 42", err: { message: "no room" } };
  expect(readableLogLine(JSON.stringify(line))).toBe("warn got over a failure while running 42: no room");
});

test("a cause that the message tells already is not told twice", () => {
  expect(readableLogLine('{"level":60,"msg":"no cgroup","err":{"message":"no cgroup"}}')).toBe(
    "fatal no cgroup",
  );
});

test("anything else is shown as it is, but cannot act on the terminal", () => {
  expect(readableLogLine("node:internal/x \u001b[2J")).toBe("node:internal/x \\x1b[2J");
  expect(readableLogLine("42")).toBe("42");
});
