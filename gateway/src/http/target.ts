import { MayflyError } from "@mayfly/contract";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { GatewayEnv } from "../deps.ts";

export interface Target {
  /** As it was sent: escapes untouched, beginning with `/`. */
  readonly path: string;
  /** As it was sent, without `?`. */
  readonly query: string;
}

/** The request's path and query byte for byte; `Request.url` has been normalised by then. */
export function targetOf(c: Context<GatewayEnv>): Target {
  const sent = c.env?.incoming?.url ?? c.req.url;
  const target = sent.startsWith("/") ? sent : sent.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "");
  const [beforeFragment = ""] = target.split("#", 1);
  const mark = beforeFragment.indexOf("?");
  if (mark === -1) return { path: beforeFragment || "/", query: "" };
  return { path: beforeFragment.slice(0, mark) || "/", query: beforeFragment.slice(mark + 1) };
}

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
