import { createRoute, z } from "@hono/zod-openapi";
import { type InvocationRecord, invocationRecordSchema, isTerminal, MayflyError } from "@mayfly/contract";
import { type Caller, demandScope, isAdmin } from "../auth/caller.ts";
import type { GatewayDeps } from "../deps.ts";
import { lookEvenly } from "../http/look-evenly.ts";
import { invocationNotFound, isInvocationId } from "../invoke/invocation-id.ts";
import { createRouter } from "./create-router.ts";
import { component, json, refusals } from "./openapi.ts";

/** Longer waits are for a client to repeat: proxies between cut them anyway. */
const MAX_WAIT_SECONDS = 300;

export const invocationParams = z.object({ id: z.string() });
const record = component("Invocation", invocationRecordSchema);

const getRoute = createRoute({
  method: "get",
  path: "/invocations/{id}",
  summary: "An invocation's record, outcome and receipt",
  request: {
    params: invocationParams,
    query: z.object({
      wait: z.coerce
        .number()
        .min(0)
        .max(MAX_WAIT_SECONDS)
        .optional()
        .describe("seconds to hold the answer until the invocation has ended"),
    }),
  },
  responses: { 200: json(record, "the record"), ...refusals("invalidRequest", "invocationNotFound") },
});

const cancelRoute = createRoute({
  method: "delete",
  path: "/invocations/{id}",
  summary: "Cancel a queued or running invocation",
  request: { params: invocationParams },
  responses: { 200: json(record, "cancelled"), ...refusals("invocationNotFound", "alreadyEnded") },
});

/** `GET` and `DELETE /invocations/:id`. */
export function invocationRoutes(deps: GatewayDeps) {
  const router = createRouter();

  router.openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { wait } = c.req.valid("query");
    demandScope(c.get("caller"), "read", "invoke");
    await demandInvocation(deps, id, c.get("caller"));
    let found = await deps.store.invocations.get(id);
    if (wait !== undefined && wait > 0 && !(found !== null && isTerminal(found.state))) {
      const signal = AbortSignal.any([c.req.raw.signal, deps.draining]);
      found =
        (await deps.producer.waitFor(id, wait * 1000, signal)) ?? (await deps.store.invocations.get(id));
    }
    if (found === null) throw invocationNotFound(id);
    return c.json(shown(found, c.get("caller")), 200);
  });

  router.openapi(cancelRoute, async (c) => {
    const { id } = c.req.valid("param");
    demandScope(c.get("caller"), "invoke");
    await demandInvocation(deps, id, c.get("caller"));
    const ended = await deps.producer.cancel(id);
    if (ended === null) throw invocationNotFound(id);
    const view = shown(ended.record, c.get("caller"));
    if (ended.cancelled) return c.json(view, 200);
    throw new MayflyError(
      "alreadyEnded",
      `Invocation ${id} had already ended as ${view.state}; there is nothing left to cancel.`,
      { facts: { ...view, invocationId: id } },
    );
  });

  return router;
}

/**
 * Refuses ids that are unknown and ids of another tenant alike, in words and in time.
 *
 * @throws MayflyError `invocationNotFound`
 */
export async function demandInvocation(deps: GatewayDeps, id: string, caller: Caller): Promise<void> {
  await lookEvenly(
    async () => {
      const tenant = isInvocationId(id) ? await deps.store.invocations.tenantOf(id) : null;
      return tenant === caller.tenant ? tenant : null;
    },
    () => invocationNotFound(id),
  );
}

/** Where it runs on the host is for admins alone. */
function shown(found: InvocationRecord, caller: Caller): InvocationRecord {
  if (isAdmin(caller)) return found;
  const { worker: _worker, pid: _pid, cgroups: _cgroups, ...rest } = found;
  return rest;
}
