import { cancelFrame, FrameReader, MalformedFrame, type RunnerFrame } from "@mayfly/runtimes";
import type { Pipe } from "@mayfly/sandbox-addon";
import type { LaterFacts } from "../outcome/after-answer.ts";
import { type Evidence, noEvidence, type RunnerError } from "../outcome/evidence.ts";
import type { ResultChecker } from "../outcome/result-checker.ts";

/** A runner says a handful of things; who says more wants to keep this process busy. */
const MAX_FRAMES = 20;

/** The worker's side of a control channel: what the sandbox said, taken as evidence. */
export interface Conversation {
  readonly evidence: Evidence;
  readonly later: LaterFacts;
  /** Microseconds as the runner gave them, or null; not to be trusted beyond their own order. */
  readonly calledUs: number | null;
  readonly settledUs: number | null;
  /**
   * The first thing that settles the call has been said, and checked. Never, where the process ends without; rejects
   * where the check itself failed, as `closed` does.
   */
  readonly settled: Promise<void>;
  /** Nothing is waited for after the answer: `waitUntil` has settled, or was never used. */
  readonly done: Promise<void>;
  /** The other end is closed and all it said has been read. */
  readonly closed: Promise<void>;
  say(frame: Buffer): void;
  cancel(): void;
}

/** Listens to a runner. Never throws for what it says: a peer that speaks nonsense is evidence too. */
export function converse(
  channel: Pick<Pipe, "read" | "write">,
  maxResultBytes: number,
  checker: ResultChecker,
): Conversation {
  const evidence = noEvidence();
  const errorsAfter: RunnerError[] = [];
  const later = { wasPending: false, errorsAfter, heapOomAfter: false };
  const settled = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let calledUs: number | null = null;
  let settledUs: number | null = null;
  let checking: Promise<void> = Promise.resolve();
  let isSettled = false;
  let isBroken = false;

  const settle = (atUs: number) => {
    isSettled = true;
    settledUs = Number.isNaN(atUs) ? null : atUs;
  };
  const takeResult = async ({ json, isHttpResponse, pending }: Extract<RunnerFrame, { type: "result" }>) => {
    const check = await checker.check(json, isHttpResponse);
    if (check.valid)
      evidence.result = { json: json.toString("utf8"), bytes: json.byteLength, isHttpResponse };
    else evidence.malformed = check.reason;
    settled.resolve();
    if (!pending || !check.valid) done.resolve();
  };
  let frames = 0;
  const onFrame = (frame: RunnerFrame) => {
    if (++frames > MAX_FRAMES) throw new MalformedFrame(`more than ${MAX_FRAMES} frames`);
    switch (frame.type) {
      case "called":
        calledUs ??= Number.isNaN(frame.calledUs) ? null : frame.calledUs;
        return;
      case "heapOom":
        if (isSettled) later.heapOomAfter = true;
        else evidence.heapOom = true;
        return;
      case "settled":
        if (isSettled) done.resolve();
        return;
      case "error":
        if (!isSettled) evidence.error = frame;
        else errorsAfter.push(frame);
        break;
      case "result":
        if (isSettled) return;
        settle(frame.atUs);
        later.wasPending = frame.pending;
        checking = takeResult(frame);
        checking.catch(settled.reject);
        return;
      case "tooLarge":
        if (!isSettled) evidence.tooLarge = frame.bytes;
        break;
    }
    if (!isSettled) settle(frame.atUs);
    endOfTalk();
  };
  /** Nothing more is waited for, once a result at hand has been checked. */
  const endOfTalk = () =>
    void checking.then(() => {
      settled.resolve();
      done.resolve();
    }, settled.reject);

  const reader = new FrameReader({ maxResultBytes, onFrame });
  const ended = channel.read((chunk) => {
    if (isBroken) return;
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof MalformedFrame)) throw error;
      isBroken = true;
      if (!isSettled) evidence.malformed = error.message;
      endOfTalk();
    }
  });
  const closed = ended.then(() => checking);
  // Who runs the attempt awaits one of them, and not always both.
  for (const promise of [settled.promise, closed]) promise.catch(() => undefined);

  return {
    evidence,
    later,
    get calledUs() {
      return calledUs;
    },
    get settledUs() {
      return settledUs;
    },
    settled: settled.promise,
    done: done.promise,
    closed,
    say: (frame) => void channel.write(frame),
    cancel() {
      if (isSettled) return;
      evidence.cancelled = true;
      channel.write(cancelFrame());
    },
  };
}
