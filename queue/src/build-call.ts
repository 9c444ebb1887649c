import { randomUUID } from "node:crypto";
import { MayflyError } from "@mayfly/contract";
import { z } from "zod";
import type { NewJob } from "./add-job.ts";
import type { BullQueues } from "./bull-queues.ts";
import type { ReplyInbox } from "./reply-inbox.ts";
import type { BuildReply, BuildRequest } from "./types.ts";

/** The queue of builds. No function can have this name. */
export const BUILDS = "_build";

/** What a build job says of itself, in its option `mayfly`. */
export const buildOptionSchema = z.object({ format: z.literal(1), replyTo: z.string() });

/** What a worker answers, as the result of a reply: what was built, or why there is nothing. */
export type BuildAnswer = { readonly reply: BuildReply } | { readonly failed: string };

export const encodeBuildAnswer = (id: string, answer: BuildAnswer): string =>
  `${JSON.stringify({ id })}\n${JSON.stringify(answer)}`;

export interface BuildCallDeps {
  readonly queues: BullQueues;
  readonly add: (job: NewJob) => Promise<void>;
  readonly inbox: ReplyInbox;
}

/** Asks the workers for a build and waits for the reply. */
export async function callBuild(
  { queues, add, inbox }: BuildCallDeps,
  request: BuildRequest,
  timeoutMs: number,
): Promise<BuildReply> {
  const id = randomUUID();
  const expected = inbox.expect(id, BUILDS);
  const { promise: timeout, resolve: expire } = Promise.withResolvers<null>();
  const timer = setTimeout(() => expire(null), timeoutMs);
  try {
    const mayfly = JSON.stringify({ format: 1, replyTo: inbox.channel });
    await add({
      functionName: BUILDS,
      lane: "async",
      id,
      dataJson: JSON.stringify(request),
      options: { mayfly, removeOnComplete: true, removeOnFail: true },
    });
    const sent = await Promise.race([expected.reply, timeout]);
    if (sent === null) throw noWorker(timeoutMs);
    const answer = JSON.parse(sent.resultJson ?? "null") as BuildAnswer;
    if ("reply" in answer) return answer.reply;
    throw new MayflyError("internal", `The worker could not build it: ${answer.failed}`);
  } finally {
    clearTimeout(timer);
    expected.forget();
    await queues
      .get(BUILDS, "async")
      .remove(id)
      .catch(() => {});
  }
}

function noWorker(timeoutMs: number): MayflyError {
  return new MayflyError(
    "noWorker",
    `No worker has built it within ${timeoutMs} ms. Look whether one runs (mayfly worker).`,
    { facts: { timeoutMs } },
  );
}
