import { MayflyError } from "@mayfly/contract";
import { createMiddleware } from "hono/factory";
import { isLoopback } from "../config.ts";
import type { GatewayEnv } from "../deps.ts";

/**
 * Keeps web pages away from a gateway on loopback, where no key may be needed. A browser on this machine lets any
 * page send requests here: by its own name after rebinding DNS (then `Host` is foreign), cross-origin (then `Origin`
 * is foreign), or by an image or a link, which have no `Origin` but say `Sec-Fetch-Site: cross-site`.
 */
export const guardLoopback = createMiddleware<GatewayEnv>(async (c, next) => {
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  if (!isLoopback(hostnameOf(host))) {
    refuse(
      `The Host header says "${host}", which is no name of this machine's loopback. Call it as localhost or 127.0.0.1; a proxy in front must send one of these as Host.`,
    );
  }
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    refuse(
      `A page of ${origin} may not call this gateway. Serve the page from the gateway's own origin, or call it from a server.`,
    );
  }
  const site = c.req.header("sec-fetch-site");
  if (site === "cross-site" || site === "same-site") {
    refuse("A page of another site may not call this gateway. Open its address directly.");
  }
  await next();
});

function hostnameOf(host: string): string {
  return host.replace(/:\d*$/, "");
}

function refuse(message: string): never {
  throw new MayflyError("foreignOrigin", message);
}
