import type { OpenAPIHono } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
import type { NotFoundHandler } from "hono";
import type { GatewayEnv } from "../deps.ts";
import { problemOfError } from "./problem.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"];

/** 405 with `Allow` where other methods are answered at this path, else 404. */
export function answerUnrouted(app: OpenAPIHono<GatewayEnv>): NotFoundHandler<GatewayEnv> {
  return (c) => {
    const { method, path } = c.req;
    const allowed = METHODS.filter((other) => isRouted(app, other, path)).join(", ");
    if (allowed === "") {
      const message = `There is nothing at ${JSON.stringify(path)}. GET /openapi.json lists what there is.`;
      return problemOfError(new MayflyError("notFound", message));
    }
    const message = `${method} is not answered at ${JSON.stringify(path)}; ${allowed} is.`;
    const answer = problemOfError(new MayflyError("methodNotAllowed", message));
    answer.headers.set("allow", allowed);
    return answer;
  };
}

/** True where more answers than the middleware that every request passes. */
function isRouted(app: OpenAPIHono<GatewayEnv>, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.path !== "/*");
}
