import { DEFAULT_LIMITS, receiptSchema } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { noCounters } from "../../test/support/no-counters.ts";
import { createReceipt, type Marks, timingOf } from "./receipt.ts";

const marks: Marks = { takenUs: 1000, startedUs: 3000, calledUs: 23_000, settledUs: 24_000, endedUs: 26_000 };

describe("the phases of an attempt", () => {
  test("follow from the marks", () => {
    expect(timingOf(500, marks, 2000)).toEqual({
      queueUs: 500,
      setupUs: 2000,
      initUs: 20_000,
      runUs: 1000,
      teardownUs: 2000,
    });
  });

  test("are all init where the handler was never called, all run where it never settled", () => {
    expect(timingOf(0, { ...marks, calledUs: null, settledUs: null }, 2000)).toMatchObject({
      initUs: 21_000,
      runUs: 0,
    });
    expect(timingOf(0, { ...marks, settledUs: null }, 2000)).toMatchObject({ initUs: 20_000, runUs: 1000 });
  });

  test.each([
    ["from the past", { calledUs: -5, settledUs: 1 }],
    ["from the future", { calledUs: 1e15, settledUs: 1e16 }],
    ["in the wrong order", { calledUs: 24_000, settledUs: 4000 }],
    ["that is none", { calledUs: Number.NaN, settledUs: Number.NaN }],
  ])("stay within the worker's own marks for a process that tells a time %s", (_title, lie) => {
    const { initUs, runUs } = timingOf(0, { ...marks, ...lie }, 2000);
    expect(initUs).toBeGreaterThanOrEqual(0);
    expect(runUs).toBeGreaterThanOrEqual(0);
    expect(initUs + runUs).toBeLessThanOrEqual(21_000);
  });
});

test("a receipt has the contract's shape, and null where the kernel counts nothing", () => {
  const receipt = createReceipt({
    cgroupMode: "v1",
    isolation: "exec",
    worker: "host-1",
    queueUs: 1,
    marks,
    ending: {
      exitCode: 0,
      signal: null,
      killedBy: null,
      mainOomKilled: false,
      counters: noCounters,
      setupUs: 1,
      teardownUs: 2000,
    },
    limits: DEFAULT_LIMITS,
    resultBytes: 4,
    logBytes: 0,
    enforced: ["memory"],
    afterAnswer: [],
  });
  expect(receiptSchema.parse(receipt)).toEqual(receipt);
  expect(receipt.io.readBytes).toBeNull();
  expect(receipt.memory.limitBytes).toBe(DEFAULT_LIMITS.memoryBytes);
  expect(receipt).not.toHaveProperty("afterAnswer");
});
