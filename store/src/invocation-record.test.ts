import { expect, test } from "vitest";
import { attemptField, decodeRecord } from "./invocation-record.ts";

const FIELDS = { function: "hello", version: "v", tenant: "t", acceptedAt: "5", state: "running" };
const attempt = (number: number) => ({
  attempt: number,
  worker: "w",
  startedAt: 1,
  endedAt: 2,
  outcome: { kind: "ok" },
  receipt: null,
});

test("an answer that was given before the tear-down does not show until the end", () => {
  const answered = { ...FIELDS, outcome: '{"kind":"ok"}', result: "1" };
  expect(decodeRecord("a", answered)).toMatchObject({ state: "running", outcome: null, result: null });
  expect(decodeRecord("a", { ...answered, state: "succeeded", endedAt: "9" })).toMatchObject({
    state: "succeeded",
    outcome: { kind: "ok" },
    result: 1,
    endedAt: 9,
  });
});

test("where it runs shows only while it runs", () => {
  const place = JSON.stringify({ worker: "w", pid: 7, cgroups: {} });
  expect(decodeRecord("a", { ...FIELDS, place })).toMatchObject({ worker: "w", pid: 7 });
  expect(decodeRecord("a", { ...FIELDS, place, state: "failed" })).not.toHaveProperty("pid");
});

test("a retry is delayed until its time, then queued", () => {
  const waiting = { ...FIELDS, state: "queued" };
  expect(decodeRecord("a", { ...waiting, due: String(Date.now() + 5000) })?.state).toBe("delayed");
  expect(decodeRecord("a", { ...waiting, due: String(Date.now() - 1) })?.state).toBe("queued");
});

test("attempts are in their order, beyond the ninth too", () => {
  const attempts = [10, 2, 1].map((number) => [attemptField(number), JSON.stringify(attempt(number))]);
  const record = decodeRecord("a", { ...FIELDS, ...Object.fromEntries(attempts) });
  expect(record?.attempts.map((one) => one.attempt)).toEqual([1, 2, 10]);
});

test("a mark that asks to cancel is no record yet", () => {
  expect(decodeRecord("a", { cancel: "cancelled" })).toBeNull();
});
