import { authenticate } from "./auth/authenticate.ts";
import { guardLoopback } from "./auth/guard-loopback.ts";
import type { GatewayDeps } from "./deps.ts";
import { answerError } from "./http/answer-error.ts";
import { answerUnrouted } from "./http/answer-unrouted.ts";
import { countAnswers } from "./http/count-answers.ts";
import { refuseDotSegments } from "./http/dot-segments.ts";
import { refuseWhileDraining } from "./http/draining.ts";
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
  app.use(countAnswers(deps.metrics));
  app.use(refuseWhileDraining(deps.draining));
  if (deps.config.loopback) app.use(guardLoopback);
  app.use(refuseDotSegments);
  app.use(authenticate(deps));
  for (const routes of CAPABILITIES) app.route("/", routes(deps));
  app.route("/", openapiRoutes(app));
  app.notFound(answerUnrouted(app));
  app.onError(answerError(deps.log));
  return app;
}
