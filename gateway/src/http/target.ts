import type { Context } from "hono";
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
