import { DEFAULT_LIMITS, type OutcomeKind } from "@mayfly/contract";
import type { Ending } from "@mayfly/sandbox-addon";
import { describe, expect, test } from "vitest";
import { noCounters } from "../../test/support/no-counters.ts";
import { type Evidence, noEvidence, type RunnerError } from "./evidence.ts";
import { endedOutcome, execOutcome, settledOutcome } from "./outcome.ts";

const limits = { ...DEFAULT_LIMITS, cpuTimeMs: 500 };

function ending(more: Partial<Ending> = {}): Ending {
  const { exitCode = null, signal = exitCode === null ? "SIGKILL" : null } = more;
  return {
    killedBy: null,
    mainOomKilled: false,
    counters: noCounters,
    setupUs: 1,
    teardownUs: 1,
    ...more,
    exitCode,
    signal,
  };
}

const evidence = (more: Partial<Evidence> = {}): Evidence => ({ ...noEvidence(), ...more });
const error = (more: Partial<RunnerError> = {}): RunnerError => ({
  errorType: "TypeError",
  errorMessage: "no",
  stack: "TypeError: no\n    at x",
  code: null,
  isTimeUp: false,
  ...more,
});
const result = { json: "1", bytes: 1, isHttpResponse: false };
const refused = { ...noCounters, pidsRefused: 3 };

describe("what settles a call fixes its outcome at once", () => {
  test.each<[string, Partial<Evidence>, OutcomeKind | null]>([
    ["a result", { result }, "ok"],
    ["an uncaught error", { error: error() }, "functionError"],
    ["a full disk, uncaught", { error: error({ code: "ENOSPC" }) }, "diskFull"],
    ["a quota that is used up", { error: error({ code: "EDQUOT" }) }, "diskFull"],
    ["a file over RLIMIT_FSIZE", { error: error({ code: "EFBIG" }) }, "diskFull"],
    ["another error of the disk", { error: error({ code: "EROFS" }) }, "functionError"],
    ["a function that gave up as its time was up", { error: error({ isTimeUp: true }) }, "timedOut"],
    ["a result over the limit", { tooLarge: 7_000_000 }, "outputTooLarge"],
    ["a cancel", { cancelled: true }, "cancelled"],
    ["a result after the cancel", { cancelled: true, result }, "cancelled"],
    ["an error after the cancel", { cancelled: true, error: error() }, "cancelled"],
    ["EAGAIN waits for the cgroup's own word", { error: error({ code: "EAGAIN" }) }, null],
    ["nothing yet", {}, null],
    ["V8's callback alone, which the end may overrule", { heapOom: true }, null],
  ])("%s", (_title, known, kind) => {
    expect(settledOutcome(evidence(known), limits)?.kind ?? null).toBe(kind);
  });
});

describe("an end without an answer", () => {
  test.each<[string, Partial<Evidence>, Partial<Ending>, OutcomeKind]>([
    ["the wall clock", {}, { killedBy: "timedOut" }, "timedOut"],
    ["the CPU clock", {}, { killedBy: "cpuTimeExceeded" }, "cpuTimeExceeded"],
    ["the kernel's memory killer", {}, { mainOomKilled: true }, "outOfMemory"],
    ["V8's callback", { heapOom: true }, { signal: "SIGABRT" }, "heapOutOfMemory"],
    ["too much output", {}, { killedBy: "outputTooLarge" }, "outputTooLarge"],
    ["a worker that stops", {}, { killedBy: "workerStopping" }, "workerLost"],
    ["a crash", {}, { signal: "SIGSEGV" }, "signalled"],
    ["a SIGKILL of its own, which is no memory kill", {}, { signal: "SIGKILL" }, "signalled"],
    ["an exit", {}, { exitCode: 3 }, "exited"],
    ["an exit with 0", {}, { exitCode: 0 }, "exited"],
    ["nonsense on the channel", { malformed: "x" }, { exitCode: 0 }, "functionError"],
    ["a kill on somebody's wish", {}, { killedBy: "cancelled" }, "cancelled"],
  ])("by %s", (_title, known, end, kind) => {
    expect(endedOutcome(evidence(known), ending(end), limits).kind).toBe(kind);
  });

  test.each<[string, Partial<Evidence>, Partial<Ending>, OutcomeKind]>([
    ["cancelled before timedOut", { cancelled: true }, { killedBy: "timedOut" }, "cancelled"],
    ["timedOut before outOfMemory", {}, { killedBy: "timedOut", mainOomKilled: true }, "timedOut"],
    ["outOfMemory before heapOutOfMemory", { heapOom: true }, { mainOomKilled: true }, "outOfMemory"],
    ["heapOutOfMemory before signalled", { heapOom: true }, { signal: "SIGABRT" }, "heapOutOfMemory"],
    [
      "a result before whatever ended the process",
      { result },
      { killedBy: "timedOut", mainOomKilled: true },
      "ok",
    ],
    [
      "an error before a memory kill in the tear-down",
      { error: error() },
      { mainOomKilled: true },
      "functionError",
    ],
  ])("%s", (_title, known, end, kind) => {
    expect(endedOutcome(evidence(known), ending(end), limits).kind).toBe(kind);
  });

  test("names the exit status and the signal", () => {
    expect(endedOutcome(evidence(), ending({ exitCode: 3 }), limits)).toMatchObject({ exitCode: 3 });
    expect(endedOutcome(evidence(), ending({ signal: "SIGSEGV" }), limits)).toMatchObject({
      signal: "SIGSEGV",
    });
  });
});

describe("EAGAIN, uncaught", () => {
  const known = evidence({ error: error({ code: "EAGAIN" }) });

  test("is pidsExhausted where the cgroup refused forks, with the error's own facts", () => {
    expect(endedOutcome(known, ending({ killedBy: "settled", counters: refused }), limits)).toMatchObject({
      kind: "pidsExhausted",
      errorType: "TypeError",
    });
  });

  test("is an error like any other where it refused none, or cannot tell", () => {
    expect(endedOutcome(known, ending(), limits).kind).toBe("functionError");
    const unknown = { ...noCounters, pidsRefused: null };
    expect(endedOutcome(known, ending({ counters: unknown }), limits).kind).toBe("functionError");
  });

  test("another error is not pidsExhausted though forks were refused", () => {
    expect(endedOutcome(evidence({ error: error() }), ending({ counters: refused }), limits).kind).toBe(
      "functionError",
    );
  });

  test("a handled refusal stays ok", () => {
    expect(endedOutcome(evidence({ result }), ending({ counters: refused }), limits).kind).toBe("ok");
  });
});

describe("an executable", () => {
  const full = { ...noCounters, tmpfsPeakBytes: limits.tmpfsBytes };

  test.each<[string, Partial<Evidence>, Partial<Ending>, OutcomeKind]>([
    ["status 0 with its output", { result }, { exitCode: 0 }, "ok"],
    ["status 0 though the tmpfs is full", { result }, { exitCode: 0, counters: full }, "ok"],
    ["another status", {}, { exitCode: 1 }, "exited"],
    ["another status with a full tmpfs", {}, { exitCode: 1, counters: full }, "diskFull"],
    ["the signal of a file over RLIMIT_FSIZE", {}, { signal: "SIGXFSZ" }, "diskFull"],
    ["a crash with a full tmpfs", {}, { signal: "SIGABRT", counters: full }, "diskFull"],
    ["a timeout with a full tmpfs", {}, { killedBy: "timedOut", counters: full }, "timedOut"],
    ["too much output", { tooLarge: 9 }, { killedBy: "outputTooLarge" }, "outputTooLarge"],
    ["a signal", {}, { signal: "SIGTERM" }, "signalled"],
    ["a cancel", { cancelled: true }, { killedBy: "cancelled" }, "cancelled"],
  ])("%s", (_title, known, end, kind) => {
    expect(execOutcome(evidence(known), ending(end), limits).kind).toBe(kind);
  });
});

test("every outcome but ok says what happened in one sentence for people", () => {
  const ends = [ending({ exitCode: 0 }), ending({ killedBy: "timedOut" }), ending({ mainOomKilled: true })];
  for (const end of ends) expect(endedOutcome(evidence(), end, limits).message).toMatch(/\.$/);
  expect(endedOutcome(evidence({ result }), ending(), limits)).toEqual({ kind: "ok" });
});
