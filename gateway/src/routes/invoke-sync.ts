import { z } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
import type { GatewayDeps } from "../deps.ts";
import { problemOfError } from "../http/problem.ts";
import { answerOf, stamped } from "../invoke/answer.ts";
import { newInvocationId } from "../invoke/invocation-id.ts";
import { calledFunction, callOf, wholeNumber } from "./call.ts";
import { createRouter } from "./create-router.ts";
import { nameParams, refusals } from "./openapi.ts";

/** What queue, network and tear-down may take beside the function's own time before the gateway gives up waiting. */
const ANSWER_MARGIN_MS = 10_000;
const MAX_QUEUE_TIMEOUT_MS = 900_000;
const NEVER_RAN = { setupUs: 0, initUs: 0, runUs: 0, teardownUs: 0 };

/** `ANY /function/:name[/rest]`: runs the function and answers what it answered. */
export function invokeSyncRoutes(deps: GatewayDeps) {
  const router = createRouter();
  for (const method of ["get", "post"] as const) {
    router.openAPIRegistry.registerPath({
      method,
      path: "/function/{name}",
      summary:
        "Call a function and wait for its answer (any method; further path segments are the function's)",
      request: {
        params: nameParams,
        headers: z.object({
          "mayfly-queue-timeout-ms": z
            .string()
            .optional()
            .describe("take it back if it has not begun by then; default: the function's timeout"),
        }),
      },
      responses: {
        200: { description: "the result", content: { "application/json": { schema: z.unknown() } } },
        ...refusals(
          "invalidJson",
          "invalidName",
          "functionNotFound",
          "payloadTooLarge",
          "tooManyWaiting",
          "queueTimeout",
        ),
      },
    });
  }
  // Hono's `/*` matches the bare name too.
  router.all("/function/:name/*", async (c) => {
    const fn = await calledFunction(deps, c);
    const call = await callOf(deps, c, fn);
    const { timeoutMs } = fn.manifest.limits;
    const beginWithinMs =
      wholeNumber(c, { header: "mayfly-queue-timeout-ms", min: 1, max: MAX_QUEUE_TIMEOUT_MS }) ?? timeoutMs;
    const acceptedAt = deps.now();
    const id = newInvocationId(acceptedAt);
    try {
      const reply = await deps.producer.callAndWait(call, {
        id,
        beginWithinMs,
        answerWithinMs: beginWithinMs + timeoutMs + ANSWER_MARGIN_MS,
        // Aborts when the caller leaves, which cancels the call.
        signal: c.req.raw.signal,
      });
      return answerOf(reply, fn);
    } catch (error) {
      // Refused before it was accepted: there is no invocation to tell of.
      if (!(error instanceof MayflyError) || error.code === "tooManyWaiting") throw error;
      // Its record says so too: it waited longer than it was worth, and never ran.
      const expired = error.code === "queueTimeout";
      const outcome = expired ? ({ kind: "expired" } as const) : null;
      const timing = expired ? { ...NEVER_RAN, queueUs: (deps.now() - acceptedAt) * 1000 } : null;
      return stamped(problemOfError(error, id), { id, outcome, timing }, fn);
    }
  });
  return router;
}
