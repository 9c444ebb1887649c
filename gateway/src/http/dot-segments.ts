import { MayflyError } from "@mayfly/contract";
import { createMiddleware } from "hono/factory";
import type { GatewayEnv } from "../deps.ts";
import { targetOf } from "./target.ts";

/**
 * Refuses `.` and `..` as path segments, escaped or not. URL parsers resolve both, so that
 * `/function/%2e%2e/secrets` would arrive as `/secrets`: what a proxy in front has allowed is not what is done.
 */
export const refuseDotSegments = createMiddleware<GatewayEnv>(async (c, next) => {
  const { path } = targetOf(c);
  if (path.split(/\/|%2f|\\|%5c/i).some(isDotSegment) || /%00/.test(path)) {
    throw new MayflyError(
      "invalidName",
      `The path ${JSON.stringify(path)} has a "." or ".." segment or a NUL in it, which names nothing here. Send the plain name.`,
    );
  }
  await next();
});

const isDotSegment = (segment: string) => /^(\.|%2e){1,2}$/i.test(segment);
