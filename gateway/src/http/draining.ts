import { MayflyError } from "@mayfly/contract";
import { createMiddleware } from "hono/factory";
import type { GatewayEnv } from "../deps.ts";

/** What is still asked of a gateway that is being stopped, by those who watch it. */
const WATCHED = new Set(["/healthz", "/readyz", "/metrics"]);

/** Refuses what comes over connections that were open before the drain; what was in flight then goes on. */
export function refuseWhileDraining(draining: AbortSignal) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    if (draining.aborted && !WATCHED.has(c.req.path)) throw drainingError();
    await next();
    if (draining.aborted) c.header("connection", "close");
  });
}

/** Why a gateway that is being stopped takes nothing new. */
export function drainingError(): MayflyError {
  return new MayflyError(
    "draining",
    "This gateway is being stopped. Send the request again, to another one.",
  );
}
