import { MayflyError } from "@mayfly/contract";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import { authenticate } from "./auth/authenticate.ts";
import { guardLoopback } from "./auth/guard-loopback.ts";
import type { GatewayDeps } from "./deps.ts";
import { drainingError } from "./http/draining.ts";
import { asMayflyError, problemOfError } from "./http/problem.ts";
import { refuseDotSegments } from "./http/target.ts";
import { createRouter } from "./routes/create-router.ts";
import { deployRoutes } from "./routes/deploy.ts";
import { functionRoutes } from "./routes/functions.ts";
import { healthRoutes } from "./routes/health.ts";
import { invocationRoutes } from "./routes/invocations.ts";
import { invokeAsyncRoutes } from "./routes/invoke-async.ts";
import { invokeSyncRoutes } from "./routes/invoke-sync.ts";
import { keyRoutes } from "./routes/keys.ts";
import { logRoutes } from "./routes/logs.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { openapiRoutes } from "./routes/openapi-document.ts";
import { secretRoutes } from "./routes/secrets.ts";

const CAPABILITIES = [
  healthRoutes,
  metricsRoutes,
  functionRoutes,
  deployRoutes,
  invokeSyncRoutes,
  invokeAsyncRoutes,
  invocationRoutes,
  logRoutes,
  secretRoutes,
  keyRoutes,
];

/**
 * The whole gateway as one function from request to answer; it opens nothing and listens nowhere.
 *
 * @example
 * const answer = await createApp(deps).request("/function/hello", { method: "POST" });
 */
export function createApp(deps: GatewayDeps) {
  const app = createRouter();

  app.use(async (c, next) => {
    await next();
    const route = matchedRoutes(c).findLast(({ path }) => path !== "/*" && path !== "*")?.path;
    deps.metrics.requestEnded(route ?? "unmatched", c.res.status);
  });
  app.use(async (c, next) => {
    if (deps.draining.aborted && !["/healthz", "/readyz", "/metrics"].includes(c.req.path))
      throw drainingError();
    await next();
  });
  if (deps.config.loopback) app.use(guardLoopback);
  app.use(refuseDotSegments);
  app.use(authenticate(deps));

  for (const routes of CAPABILITIES) app.route("/", routes(deps));
  app.route("/", openapiRoutes(app));

  app.notFound((c) =>
    problemOfError(
      new MayflyError(
        "notFound",
        `There is nothing at ${c.req.method} ${c.req.path}. GET /openapi.json lists what there is.`,
      ),
    ),
  );
  app.onError((error, c) => {
    const known = asMayflyError(error);
    if (known !== null) return problemOfError(known);
    if (error instanceof HTTPException) {
      const code =
        error.status === 413 ? "payloadTooLarge" : error.status < 500 ? "invalidRequest" : "internal";
      return problemOfError(
        new MayflyError(code, error.message || "The request is not right.", { cause: error }),
      );
    }
    // A body that ended before its time: there is nobody left to read the answer.
    if (c.req.raw.signal.aborted) return new Response(null, { status: 499 });
    deps.log.error({ err: error, method: c.req.method, path: c.req.path }, "a request failed");
    return problemOfError(
      new MayflyError(
        "internal",
        "Something in the gateway failed; its log tells what. Trying again may help.",
        {
          cause: error,
        },
      ),
    );
  });
  return app;
}
