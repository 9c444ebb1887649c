import { MayflyError, type Outcome } from "@mayfly/contract";
import type { ReplyInbox } from "./reply-inbox.ts";
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
  /** Longer than `beginWithinMs`. */
  readonly answerWithinMs: number;
  readonly signal: AbortSignal;
}

type Event = { kind: "reply"; reply: Reply } | { kind: "beginDeadline" | "answerDeadline" | "left" };

const LEFT: Outcome = { kind: "cancelled", message: "The caller left." };

/** Queues one call and waits for its reply, its caller's patience or its deadlines, whichever comes first. */
export async function callAndWait(deps: SyncCallDeps, call: Call, options: SyncCallOptions): Promise<Reply> {
  const { id, beginWithinMs, answerWithinMs, signal } = options;
  if (signal.aborted) return unanswered(id, LEFT);
  const acceptedAt = Date.now();
  const expected = deps.inbox.expect(id, call.function.name);
  let timer: NodeJS.Timeout | undefined;
  const after = (ms: number, kind: "beginDeadline" | "answerDeadline") =>
    new Promise<Event>((resolve) => {
      timer = setTimeout(() => resolve({ kind }), ms);
    });
  let leave = () => {};
  try {
    const replied = expected.reply.then((reply): Event => ({ kind: "reply", reply }));
    const left = new Promise<Event>((resolve) => {
      leave = () => resolve({ kind: "left" });
      signal.addEventListener("abort", leave);
    });
    await deps.add(call, id, acceptedAt, acceptedAt + beginWithinMs);
    let first = await Promise.race([replied, left, after(beginWithinMs, "beginDeadline")]);
    if (first.kind === "beginDeadline") {
      if (await takenBack(deps, call, id, acceptedAt)) throw queueTimeout(call, id, beginWithinMs);
      const leftMs = acceptedAt + answerWithinMs - Date.now();
      first = await Promise.race([replied, left, after(leftMs, "answerDeadline")]);
    }
    if (first.kind === "reply") return first.reply;
    // Not awaited: whoever left waits for nothing, and whoever was not answered has waited long enough.
    deps.cancel(id).catch(() => {});
    return unanswered(id, first.kind === "left" ? LEFT : noAnswer(answerWithinMs));
  } finally {
    signal.removeEventListener("abort", leave);
    clearTimeout(timer);
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
