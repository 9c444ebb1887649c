import { createRoute, z } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
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
    try {
      await store.ping();
      const workers = await producer.workers();
      return c.json({ status: "ready" as const, workers: workers.length }, 200);
    } catch (cause) {
      throw new MayflyError(
        "redisUnavailable",
        "Redis does not answer. See that it runs, and that MAYFLY_REDIS_URL is right.",
        {
          cause,
        },
      );
    }
  });
  return router;
}
