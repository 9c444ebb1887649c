import { createRoute, z } from "@hono/zod-openapi";
import type { GatewayDeps } from "../deps.ts";
import { drainingError } from "../http/draining.ts";
import { createRouter } from "./create-router.ts";
import { json, refusals } from "./openapi.ts";

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Is the process alive? Restart it if not",
  responses: { 200: json(z.object({ status: z.literal("ok") }), "alive") },
});

const readyRoute = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Should it be sent requests? It answers Redis's own word, and no once it is being stopped",
  responses: {
    200: json(z.object({ status: z.literal("ready"), workers: z.number() }), "ready"),
    ...refusals("draining", "redisUnavailable"),
  },
});

/** `/healthz` and `/readyz`. */
export function healthRoutes({ store, producer, draining }: GatewayDeps) {
  const router = createRouter();
  router.openapi(healthRoute, (c) => c.json({ status: "ok" as const }, 200));
  router.openapi(readyRoute, async (c) => {
    if (draining.aborted) throw drainingError();
    await store.ping();
    return c.json({ status: "ready" as const, workers: (await producer.workers()).length }, 200);
  });
  return router;
}
