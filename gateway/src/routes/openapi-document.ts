import type { OpenAPIHono } from "@hono/zod-openapi";
import type { GatewayEnv } from "../deps.ts";
import { createRouter } from "./create-router.ts";

/** `/openapi.json`: made from the schemas by which requests are really checked. */
export function openapiRoutes(app: OpenAPIHono<GatewayEnv>) {
  const router = createRouter();
  app.openAPIRegistry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  let document: object | null = null;
  router.get("/openapi.json", (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "Mayfly",
        version: "1",
        description: "Runs each invocation of a function in a process, namespaces and a cgroup of its own.",
      },
      security: [{ key: [] }],
    });
    return c.json(document);
  });
  return router;
}
