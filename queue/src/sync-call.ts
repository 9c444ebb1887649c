import { MayflyError, type Outcome } from "@mayfly/contract";
import type { ReplyInbox } from "./reply-inbox.ts";
import { decodeReply } from "./reply-message.ts";
import type { Call, Reply } from "./types.ts";
import type { Withdrawal, WithdrawRequest } from "./withdraw.ts";

export interface SyncCallDeps {
  readonly inbox: ReplyInbox;
  /** Puts the call into its queue. */
  add(call: Call, id: string, acceptedAt: number, beginBefore: number): Promise<void>;
  withdraw(request: WithdrawRequest): Promise<Withdrawal>;
  cancel(id: string): Promise<unknown>;
}

export interface SyncCallOptions {
  readonly id: string;
  readonly beginWithinMs: number;
  readonly answerWithinMs: number;
  readonly signal: AbortSignal;
}

type Event = { kind: "reply"; message: string } | { kind: "beginDeadline" | "answerDeadline" | "left" };

const LEFT: Outcome = { kind: "cancelled", message: "The caller left." };

/** Queues one call and waits for its reply, its caller's patience or its deadlines, whichever comes first. */
export async function callAndWait(deps: SyncCallDeps, call: Call, options: SyncCallOptions): Promise<Reply> {
  const { id, beginWithinMs, answerWithinMs, signal } = options;
  if (signal.aborted) return unanswered(id, LEFT);
  const acceptedAt = Date.now();
  const expected = deps.inbox.expect(id, call.function.name);
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, kind: "beginDeadline" | "answerDeadline") =>
    new Promise<Event>((resolve) => {
      timers.push(setTimeout(() => resolve({ kind }), ms));
    });
  let leave = () => {};
  try {
    const reply = expected.message.then((message): Event => ({ kind: "reply", message }));
    const left = new Promise<Event>((resolve) => {
      leave = () => resolve({ kind: "left" });
      signal.addEventListener("abort", leave);
    });
    const answerDeadline = after(answerWithinMs, "answerDeadline");
    await deps.add(call, id, acceptedAt, acceptedAt + beginWithinMs);
    let first = await Promise.race([reply, left, answerDeadline, after(beginWithinMs, "beginDeadline")]);
    if (first.kind === "beginDeadline") {
      if (await takenBack(deps, call, id, acceptedAt)) throw queueTimeout(call, id, beginWithinMs);
      first = await Promise.race([reply, left, answerDeadline]);
    }
    if (first.kind === "reply") return decodeReply(first.message);
    // Not awaited: whoever left waits for nothing, and whoever was not answered has waited long enough.
    deps.cancel(id).catch(() => {});
    return unanswered(id, first.kind === "left" ? LEFT : noAnswer(answerWithinMs));
  } finally {
    signal.removeEventListener("abort", leave);
    for (const timer of timers) clearTimeout(timer);
    expected.forget();
  }
}

/** True where the call had not begun, and now never will. */
async function takenBack(deps: SyncCallDeps, call: Call, id: string, acceptedAt: number): Promise<boolean> {
  const answer = await deps.withdraw({
    id,
    functionName: call.function.name,
    jobId: id,
    lanes: ["sync"],
    version: call.function.version,
    tenant: call.function.tenant,
    acceptedAt,
    outcome: { kind: "expired", message: "It waited longer for a worker than it was worth, and never ran." },
    ifEntered: "leave",
  });
  return answer === "withdrawn" || answer === "asked";
}

function queueTimeout(call: Call, id: string, beginWithinMs: number): MayflyError {
  return new MayflyError(
    "queueTimeout",
    `No worker had room for "${call.function.name}" within ${beginWithinMs} ms, so the call was taken back and never runs. Try again later, or start more workers.`,
    { facts: { function: call.function.name, invocationId: id, waitedMs: beginWithinMs } },
  );
}

function noAnswer(answerWithinMs: number): Outcome {
  return { kind: "workerLost", message: `Its worker gave no answer within ${answerWithinMs} ms.` };
}

function unanswered(id: string, outcome: Outcome): Reply {
  return { id, outcome, resultJson: null, isHttpResponse: false, timing: null };
}
