import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { GatewayEnv, GatewayMetrics } from "../deps.ts";

/** Counts each answer under its route's pattern: a path as a label would be a series for whatever anybody types. */
export function countAnswers(metrics: GatewayMetrics) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    await next();
    const route = matchedRoutes(c).findLast(({ path }) => path !== "/*")?.path;
    metrics.requestEnded(route?.replace(/\/\*$/, "") ?? "unmatched", c.res.status);
  });
}
