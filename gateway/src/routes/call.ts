import { EVENT_MAX_BYTES, type FunctionVersion, functionNameSchema, MayflyError } from "@mayfly/contract";
import type { Call } from "@mayfly/queue";
import type { Context } from "hono";
import { demandScope } from "../auth/caller.ts";
import { ownedFunction } from "../auth/owned-function.ts";
import type { GatewayDeps, GatewayEnv } from "../deps.ts";
import { readBody } from "../http/read-body.ts";
import { eventOf } from "../invoke/event.ts";
import { httpRequestOf } from "../invoke/http-request.ts";
import { checkedName } from "./checked-name.ts";

/** W3C trace context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who may be called: the caller's own function, at its latest version. */
export async function calledFunction(deps: GatewayDeps, c: Context<GatewayEnv>): Promise<FunctionVersion> {
  const caller = c.get("caller");
  demandScope(caller, "invoke");
  const name = checkedName(c.req.param("name") ?? "", functionNameSchema);
  return await ownedFunction(deps.store, name, caller);
}

/** Everything of the request that travels with the call. */
export async function callOf(deps: GatewayDeps, c: Context<GatewayEnv>, fn: FunctionVersion): Promise<Call> {
  const body = await readBody(c.req.raw, EVENT_MAX_BYTES, "The event");
  const request = httpRequestOf(c);
  const { json, rawBody } = eventOf(request, body, deps.now());
  const traceparent = c.req.header("traceparent") ?? "";
  return {
    function: fn,
    eventJson: json,
    http: { ...request, rawBody },
    traceparent: TRACEPARENT.test(traceparent) ? traceparent : null,
  };
}

/** A whole number from a header, or else from the query; null where neither is there. */
export function wholeNumber(
  c: Context<GatewayEnv>,
  { header, query, min, max }: { header: string; query?: string; min: number; max: number },
): number | null {
  const text = c.req.header(header) ?? (query === undefined ? undefined : c.req.query(query));
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
  throw new MayflyError(
    "invalidRequest",
    `${JSON.stringify(text.slice(0, 100))} is no value of ${header}. Send a whole number from ${min} to ${max}.`,
  );
}
