import type { HttpRequest } from "@mayfly/contract";
import type { Context } from "hono";
import type { GatewayEnv } from "../deps.ts";
import { hopByHop } from "../http/hop-by-hop.ts";
import { targetOf } from "../http/target.ts";

/** The request as the function may see it, but for its body. */
export function httpRequestOf(c: Context<GatewayEnv>): Omit<HttpRequest, "rawBody"> {
  const { path, query } = targetOf(c);
  return {
    method: c.req.method,
    path: below(path),
    query,
    headers: headersOf(c),
    remoteAddress: c.env?.incoming?.socket.remoteAddress ?? "",
    origin: originOf(c.req.url),
  };
}

/** The adapter has normalised the URL already. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf("/", "https://".length));
}

/** `/function/name/rest` is `/rest` to the function, and `/function/name` is `/`. */
function below(path: string): string {
  const slash = path.indexOf("/", path.indexOf("/", 1) + 1);
  return slash === -1 ? "/" : path.slice(slash);
}

function headersOf(c: Context<GatewayEnv>): [string, string][] {
  const isHopByHop = hopByHop(c.req.header("connection"));
  // A key that opened this gateway is the caller's, and no business of the function: whoever wrote that may hold
  // fewer scopes than whoever calls it.
  const isOurs = (name: string) => name === "authorization" && c.get("caller").byKey;
  return sentHeaders(c).filter(([name]) => !isHopByHop(name) && !isOurs(name));
}

/** In the order in which they came, each as often as it came; `Headers` would sort and join them. */
function sentHeaders(c: Context<GatewayEnv>): [string, string][] {
  const raw = c.env?.incoming?.rawHeaders;
  if (raw === undefined) return [...c.req.raw.headers];
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([(raw[i] ?? "").toLowerCase(), raw[i + 1] ?? ""]);
  return pairs;
}
