import { createRoute, z } from "@hono/zod-openapi";
import { functionNameSchema, MayflyError } from "@mayfly/contract";
import { type ApiKey, SCOPES } from "@mayfly/store";
import { type Caller, DEFAULT_TENANT, demandScope, isOperator } from "../auth/caller.ts";
import type { GatewayDeps } from "../deps.ts";
import { readJson } from "../http/read-json.ts";
import { createRouter } from "./create-router.ts";
import { json, jsonBody, refusals } from "./openapi.ts";

const keyView = z
  .object({
    id: z.string(),
    tenant: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    label: z.string(),
    createdAt: z.number(),
  })
  .openapi("Key");

const newKey = z
  .object({
    scopes: z.array(z.enum(SCOPES)).min(1),
    tenant: functionNameSchema.optional().describe("default: the caller's own"),
    label: z.string().max(200).default(""),
  })
  .strict();

const listRoute = createRoute({
  method: "get",
  path: "/keys",
  summary: "The keys there are, without their texts",
  responses: { 200: json(z.object({ keys: z.array(keyView) }), "keys"), ...refusals() },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/keys/{id}",
  summary: "Delete a key; it stops working at once",
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: "deleted" }, ...refusals("invalidRequest", "notFound") },
});

/** `/keys`, for admins: of the default tenant every key, of another tenant its own. */
export function keyRoutes(deps: GatewayDeps) {
  const { store } = deps;
  const router = createRouter();

  router.openAPIRegistry.registerPath({
    method: "post",
    path: "/keys",
    summary: "Make a key; its text is shown this once",
    request: { body: jsonBody(newKey) },
    responses: {
      201: json(keyView.extend({ key: z.string() }), "made"),
      ...refusals("invalidRequest", "invalidJson"),
    },
  });
  router.post("/keys", async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "admin");
    const { scopes, label, tenant = caller.tenant } = await readJson(c.req.raw, newKey);
    if (tenant !== caller.tenant && !isOperator(caller)) {
      throw new MayflyError(
        "forbidden",
        `Keys of another tenant are made by an admin of the tenant ${DEFAULT_TENANT}.`,
      );
    }
    const wouldBeOperator = tenant === DEFAULT_TENANT && scopes.includes("admin");
    if (!wouldBeOperator && !(await hasOperator(deps))) {
      throw new MayflyError(
        "invalidRequest",
        `The first key closes this gateway to all who have none, so it must be an admin's of the tenant ${DEFAULT_TENANT}: send {"scopes":["admin"]} first.`,
      );
    }
    const { key, text } = await store.keys.create({ tenant, scopes: [...new Set(scopes)], label });
    return c.json({ ...viewOf(key), key: text }, 201);
  });

  router.openapi(listRoute, async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "admin");
    const keys = (await store.keys.list()).filter((key) => mayManage(caller, key));
    return c.json({ keys: keys.map(viewOf) }, 200);
  });

  router.openapi(deleteRoute, async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "admin");
    const { id } = c.req.valid("param");
    const keys = await store.keys.list();
    const doomed = keys.find((key) => key.id === id);
    if (doomed === undefined || !mayManage(caller, doomed)) {
      throw new MayflyError("notFound", "There is no such key. GET /keys lists those there are.");
    }
    const rest = keys.filter((key) => key !== doomed);
    if (rest.length > 0 && deps.config.adminKey === null && !rest.some(isOperatorKey)) {
      throw new MayflyError(
        "invalidRequest",
        "This is the last admin key, and without it nobody could manage the others. Make another admin key first, or delete the others.",
      );
    }
    await store.keys.delete(id);
    return c.body(null, 204);
  });

  return router;
}

const isOperatorKey = ({ tenant, scopes }: ApiKey) => tenant === DEFAULT_TENANT && scopes.includes("admin");

const mayManage = (caller: Caller, key: ApiKey) => isOperator(caller) || key.tenant === caller.tenant;

async function hasOperator({ config, store }: GatewayDeps): Promise<boolean> {
  return config.adminKey !== null || (await store.keys.list()).some(isOperatorKey);
}

function viewOf({ id, tenant, scopes, label, createdAt }: ApiKey) {
  return { id, tenant, scopes: [...scopes], label, createdAt };
}
