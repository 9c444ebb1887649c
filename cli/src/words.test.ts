import type { Receipt } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { gatewayUrl, readClientConfig } from "./config.ts";
import { printable } from "./printable.ts";
import { ago, bytes, duration } from "./quantities.ts";
import { receiptTable } from "./receipt-table.ts";
import { table } from "./table.ts";

test("durations and sizes are told in the unit a person would choose", () => {
  expect([840, 12_345, 1_200_000].map(duration)).toEqual(["840 µs", "12.3 ms", "1.20 s"]);
  expect([512, 14_541, 20 * 1024 ** 2].map(bytes)).toEqual(["512 B", "14.2 KiB", "20.0 MiB"]);
  const now = 1e12;
  expect([5, 600, 7200, 259_200].map((s) => ago(now - s * 1000, now))).toEqual([
    "5 s ago",
    "10 min ago",
    "2 h ago",
    "3 days ago",
  ]);
});

test("columns of a table are as wide as their widest cell, the last one as wide as it likes", () => {
  expect(table(["a", "long"], [["wide", "x"]])).toBe("A     LONG\nwide  x");
});

test("what acts on a terminal is shown instead, but for tab and line end", () => {
  expect(printable("a\tb\nc\u001b]0;x\u0007\u202e")).toBe("a\tb\nc\\x1b]0;x\\x07\\u202e");
});

describe("where the gateway is", () => {
  test("MAYFLY_URL says it, else the address that the programs have", () => {
    expect(readClientConfig({ MAYFLY_URL: "https://x.example/" })).toEqual({
      url: "https://x.example/",
      apiKey: null,
    });
    expect(readClientConfig({ MAYFLY_PORT: "81", MAYFLY_ADMIN_KEY: "k".repeat(16) })).toEqual({
      url: "http://127.0.0.1:81",
      apiKey: "k".repeat(16),
    });
  });

  test("a gateway that listens everywhere is reached on loopback", () => {
    expect([gatewayUrl("0.0.0.0", 1), gatewayUrl("::", 2), gatewayUrl("10.0.0.1", 3)]).toEqual([
      "http://127.0.0.1:1",
      "http://[::1]:2",
      "http://10.0.0.1:3",
    ]);
  });
});

test("a receipt tells what was counted, and that the rest was not", () => {
  const receipt: Receipt = {
    cgroupMode: "v1",
    isolation: "exec",
    worker: "w-1",
    timing: { queueUs: 1000, setupUs: 2000, initUs: 3000, runUs: 4000, teardownUs: 500 },
    cpu: {
      usageUs: 72_200,
      userUs: null,
      systemUs: null,
      periods: 10,
      throttledPeriods: 2,
      throttledUs: 1500,
    },
    memory: { peakBytes: null, limitBytes: 1024 ** 2, oomKills: 1, majorFaults: 0 },
    pids: { peak: 7, limit: null, refused: 0 },
    io: { readBytes: null, writeBytes: null, readOps: null, writeOps: null },
    network: { rxBytes: 0, txBytes: 0 },
    tmpfs: { peakBytes: null },
    output: { resultBytes: 10, logBytes: 0 },
    enforced: [],
  };
  expect(receiptTable(receipt)).toBe(
    [
      "time    queue 1.0 ms, set-up 2.0 ms, init 3.0 ms, run 4.0 ms, tear-down 500 µs",
      "cpu     72.2 ms, throttled in 2 of 10 periods (1.5 ms)",
      "memory  peak not counted here of 1.0 MiB, 1 killed for memory",
      "pids    peak 7, no limit",
      "output  result 10 B, log 0 B",
      "where   w-1, cgroup v1, exec",
    ].join("\n"),
  );
});
