import type { Redis } from "ioredis";
import { type BuildAnswer, buildOptionSchema, encodeBuildAnswer } from "./build-call.ts";
import type { HeldJob } from "./held-job.ts";
import type { BuildRequest, DispatcherOptions } from "./types.ts";

/**
 * Runs a build and sends its reply to the gateway that waits. Nothing else is kept of it. It is tried once: the upload
 * has gone with the worker that took it.
 */
export async function runBuild(
  redis: Redis,
  build: DispatcherOptions["build"],
  { job, queue, token }: HeldJob,
): Promise<void> {
  const option = buildOptionSchema.parse(JSON.parse(String(job.opts.mayfly)));
  const answer =
    job.attemptsStarted > 1
      ? { failed: "the worker that built it died. Deploy again." }
      : await build(JSON.parse(job.data) as BuildRequest).then(
          (reply): BuildAnswer => ({ reply }),
          (error: unknown): BuildAnswer => ({
            failed: error instanceof Error ? error.message : String(error),
          }),
        );
  await redis.publish(option.replyTo, encodeBuildAnswer(job.id, answer));
  await queue.complete(job, "null", token);
}
