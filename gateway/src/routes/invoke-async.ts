import { z } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
import type { GatewayDeps } from "../deps.ts";
import { newInvocationId } from "../invoke/invocation-id.ts";
import { calledFunction, callOf, wholeNumber } from "./call.ts";
import { createRouter } from "./create-router.ts";
import { json, nameParams, refusals } from "./openapi.ts";

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const YEAR_MS = 365 * 86_400_000;
/** BullMQ keeps a priority in 21 bits. */
const MAX_PRIORITY = 2 ** 21 - 1;

/** `POST /async-function/:name`: accepts a call that will run at least once, and answers its id. */
export function invokeAsyncRoutes(deps: GatewayDeps) {
  const router = createRouter();
  router.openAPIRegistry.registerPath({
    method: "post",
    path: "/async-function/{name}",
    summary: "Queue a call; its record is at Location",
    request: {
      params: nameParams,
      headers: z.object({
        "idempotency-key": z.string().optional().describe("repeats within 24 h give the first one's id"),
        "mayfly-delay-ms": z.string().optional().describe("begin no sooner than this; or ?delay="),
        "mayfly-priority": z.string().optional().describe("1 goes first; or ?priority="),
      }),
    },
    responses: {
      202: json(z.object({ id: z.string() }), "accepted"),
      ...refusals(
        "invalidJson",
        "invalidName",
        "invalidRequest",
        "functionNotFound",
        "payloadTooLarge",
        "idempotencyMismatch",
        "tooManyWaiting",
      ),
    },
  });
  router.post("/async-function/:name", async (c) => {
    const fn = await calledFunction(deps, c);
    const options = {
      idempotencyKey: idempotencyKey(c.req.header("idempotency-key")),
      delayMs: wholeNumber(c, { header: "mayfly-delay-ms", query: "delay", min: 0, max: YEAR_MS }),
      priority: wholeNumber(c, { header: "mayfly-priority", query: "priority", min: 1, max: MAX_PRIORITY }),
    };
    const call = await callOf(deps, c, fn);
    const { id, repeated } = await deps.producer.enqueue(call, newInvocationId(deps.now()), options);
    c.header("location", `/invocations/${id}`);
    c.header("mayfly-invocation-id", id);
    // The first one's version was that of its own moment.
    if (repeated) c.header("idempotency-replayed", "true");
    else c.header("mayfly-version", fn.version);
    return c.json({ id }, 202);
  });
  return router;
}

function idempotencyKey(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (IDEMPOTENCY_KEY.test(text)) return text;
  throw new MayflyError(
    "invalidRequest",
    "An Idempotency-Key has 1 to 255 visible ASCII characters and no space.",
  );
}
