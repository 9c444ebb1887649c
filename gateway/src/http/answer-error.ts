import { MayflyError } from "@mayfly/contract";
import { redisFailure } from "@mayfly/store";
import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { GatewayEnv, Log } from "../deps.ts";
import { problemOfError } from "./problem.ts";

/** The one place where what was thrown becomes an answer. Faults of ours are told to the log, and to nobody else. */
export function answerError(log: Log): ErrorHandler<GatewayEnv> {
  return (error, c) => {
    const known = error instanceof MayflyError ? error : redisFailure(error);
    if (known !== null) return problemOfError(known);
    if (error instanceof HTTPException && error.status < 500) {
      return problemOfError(new MayflyError("invalidRequest", error.message, { cause: error }));
    }
    // A body that ended before its time: there is nobody left to read the answer.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 499 });
    log.error({ err: error, method: c.req.method, path: c.req.path }, "a request failed");
    const message = "Something in the gateway failed; its log tells what. Trying again may help.";
    return problemOfError(new MayflyError("internal", message, { cause: error }));
  };
}
