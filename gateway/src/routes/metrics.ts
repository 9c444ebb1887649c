import { demandScope } from "../auth/caller.ts";
import type { GatewayDeps } from "../deps.ts";
import { createRouter } from "./create-router.ts";
import { refusals } from "./openapi.ts";

/** `/metrics`, for keys with `read`: it names every function of the installation. */
export function metricsRoutes({ metrics }: GatewayDeps) {
  const router = createRouter();
  router.openAPIRegistry.registerPath({
    method: "get",
    path: "/metrics",
    summary: "Queues and requests, for Prometheus; the workers' own metrics are on their ports",
    responses: {
      200: { description: "Prometheus text", content: { "text/plain": { schema: { type: "string" } } } },
      ...refusals(),
    },
  });
  router.get("/metrics", async (c) => {
    demandScope(c.get("caller"), "read");
    const { contentType, body } = await metrics.expose(c.req.header("accept"));
    return c.body(body, 200, { "content-type": contentType, vary: "accept" });
  });
  return router;
}
