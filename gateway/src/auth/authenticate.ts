import { createHash, timingSafeEqual } from "node:crypto";
import { MayflyError } from "@mayfly/contract";
import { createMiddleware } from "hono/factory";
import type { GatewayDeps, GatewayEnv } from "../deps.ts";
import { ADMINISTRATOR, type Caller, EVERYBODY } from "./caller.ts";

/** What answers without a key: nothing of a tenant is in it, and a balancer or a browser has none to show. */
const PUBLIC_PATHS = new Set(["/healthz", "/readyz", "/openapi.json"]);

/** Finds out who calls, from `Authorization: Bearer <key>` (RFC 6750), and refuses whom it does not know. */
export function authenticate(deps: GatewayDeps) {
  return createMiddleware<GatewayEnv>(async (c, next) => {
    if (!PUBLIC_PATHS.has(c.req.path)) c.set("caller", await identify(deps, c.req.header("authorization")));
    await next();
  });
}

async function identify(deps: GatewayDeps, authorization: string | undefined): Promise<Caller> {
  const { config, store } = deps;
  if (config.loopback && config.adminKey === null && !(await store.keys.any())) return EVERYBODY;
  const text = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (text === undefined) {
    throw new MayflyError(
      "unauthenticated",
      "A key is needed here. Send it as `Authorization: Bearer <key>`; an admin makes one with POST /keys.",
    );
  }
  if (config.adminKey !== null && sameText(text, config.adminKey)) return ADMINISTRATOR;
  const key = await store.keys.verify(text);
  if (key === null) {
    throw new MayflyError("unauthenticated", "This key is not known here, or was deleted. Use another.");
  }
  return { tenant: key.tenant, scopes: key.scopes, byKey: true };
}

/** Compares without telling by its time how much was right; hashes, since the lengths may differ. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
