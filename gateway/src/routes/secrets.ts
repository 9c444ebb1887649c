import { createRoute, z } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
import { demandScope } from "../auth/caller.ts";
import type { GatewayDeps } from "../deps.ts";
import { readJson } from "../http/read-json.ts";
import { checkedName } from "./checked-name.ts";
import { createRouter } from "./create-router.ts";
import { json, jsonBody, refusals } from "./openapi.ts";

/** An environment variable's text is at most 128 KiB (MAX_ARG_STRLEN, execve(2)); the name needs some of it. */
const MAX_SECRET_LENGTH = 64 * 1024;

const secretName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    "a secret's name is that of an environment variable: up to 128 letters, digits and _, not beginning with a digit",
  )
  .refine((name) => !/^(LD_.*|NODE_OPTIONS)$/.test(name), {
    error: "LD_* and NODE_OPTIONS are refused, since they change what the runtime itself loads",
  });
const params = z.object({ name: secretName });

const secretBody = z
  .object({
    value: z
      .string()
      .max(MAX_SECRET_LENGTH)
      .refine((value) => !value.includes("\0"), { error: "an environment value cannot hold a NUL" }),
  })
  .strict();

const listRoute = createRoute({
  method: "get",
  path: "/secrets",
  summary: "The names of the secrets that are stored",
  responses: { 200: json(z.object({ secrets: z.array(z.string()) }), "names, never values"), ...refusals() },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/secrets/{name}",
  summary: "Delete a secret",
  request: { params },
  responses: { 204: { description: "deleted" }, ...refusals("invalidName", "secretNotFound") },
});

/** `/secrets`: names come out, values only go in. */
export function secretRoutes({ store }: GatewayDeps) {
  const router = createRouter();

  router.openAPIRegistry.registerPath({
    method: "put",
    path: "/secrets/{name}",
    summary: "Store a secret; functions name it in their manifest, and no answer shows it",
    request: { params, body: jsonBody(secretBody) },
    responses: {
      204: { description: "stored" },
      ...refusals("invalidName", "invalidRequest", "invalidJson"),
    },
  });
  router.put("/secrets/:name", async (c) => {
    const { tenant } = demandedCaller(c.get("caller"));
    const name = checkedName(c.req.param("name"), secretName);
    const { value } = await readJson(c.req.raw, secretBody);
    await store.secrets.put(tenant, name, value);
    return c.body(null, 204);
  });

  router.openapi(listRoute, async (c) => {
    demandScope(c.get("caller"), "read", "deploy");
    return c.json({ secrets: await store.secrets.list(c.get("caller").tenant) }, 200);
  });

  router.openapi(deleteRoute, async (c) => {
    const { tenant } = demandedCaller(c.get("caller"));
    const { name } = c.req.valid("param");
    if (await store.secrets.delete(tenant, name)) return c.body(null, 204);
    throw new MayflyError(
      "secretNotFound",
      `No secret ${name} is stored. GET /secrets lists the names of those that are.`,
    );
  });

  return router;
}

function demandedCaller<T extends Parameters<typeof demandScope>[0]>(caller: T): T {
  demandScope(caller, "deploy");
  return caller;
}
