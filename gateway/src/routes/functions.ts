import { createRoute, z } from "@hono/zod-openapi";
import { functionViewSchema, MayflyError } from "@mayfly/contract";
import { demandScope, isOperator } from "../auth/caller.ts";
import { ownedFunction } from "../auth/owned-function.ts";
import { functionView } from "../deploy/function-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { createRouter } from "./create-router.ts";
import { component, json, nameParams, refusals } from "./openapi.ts";

const view = component("Function", functionViewSchema);

const listRoute = createRoute({
  method: "get",
  path: "/functions",
  summary: "The functions that are deployed",
  responses: {
    200: json(
      z.object({
        functions: z.array(view),
        undeployed: z
          .array(z.object({ name: z.string(), waiting: z.number() }))
          .optional()
          .describe("for the operator: names that no function has, and for which jobs wait all the same"),
      }),
      "functions",
    ),
    ...refusals(),
  },
});

const getRoute = createRoute({
  method: "get",
  path: "/functions/{name}",
  summary: "One function: its latest version, its limits, and the versions there are",
  request: { params: nameParams },
  responses: { 200: json(view, "the function"), ...refusals("invalidName", "functionNotFound") },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/functions/{name}",
  summary: "Delete a function and its versions",
  request: {
    params: nameParams,
    query: z.object({
      force: z.string().optional().describe("send what waits for it to the dead letter, instead of refusing"),
    }),
  },
  responses: {
    200: json(z.object({ name: z.string(), dropped: z.number() }), "deleted, and how many jobs were dropped"),
    ...refusals("invalidName", "functionNotFound", "jobsWaiting"),
  },
});

/** `GET /functions`, `GET` and `DELETE /functions/:name`. */
export function functionRoutes({ store, producer }: GatewayDeps) {
  const router = createRouter();

  router.openapi(listRoute, async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "read", "deploy");
    const functions = (await store.functions.list(caller.tenant)).map(functionView);
    if (!isOperator(caller)) return c.json({ functions }, 200);
    return c.json({ functions, undeployed: await undeployed() }, 200);
  });

  router.openapi(getRoute, async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "read", "deploy");
    const { name } = c.req.valid("param");
    const fn = await ownedFunction(store, name, caller);
    return c.json({ ...functionView(fn), versions: await store.functions.versions(name) }, 200);
  });

  router.openapi(deleteRoute, async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "deploy");
    const { name } = c.req.valid("param");
    await ownedFunction(store, name, caller);
    const { force } = c.req.valid("query");
    const isForced = force !== undefined && force !== "false" && force !== "0";
    if (!isForced) await demandNothingWaits(name);
    await store.functions.delete(name);
    const dropped = isForced ? await producer.drop(name) : 0;
    return c.json({ name, dropped }, 200);
  });

  async function undeployed() {
    const deployed = new Set(await store.functions.names());
    const others = (await producer.queues()).filter((name) => !deployed.has(name));
    const backlogs = await producer.backlog(others);
    return backlogs
      .map(({ function: name, jobs }) => ({ name, waiting: jobs.waiting + jobs.prioritized + jobs.delayed }))
      .filter(({ waiting }) => waiting > 0);
  }

  async function demandNothingWaits(name: string): Promise<void> {
    const [backlog] = await producer.backlog([name]);
    const { waiting = 0, prioritized = 0, delayed = 0 } = backlog?.jobs ?? {};
    const jobs = waiting + prioritized + delayed;
    if (jobs === 0) return;
    throw new MayflyError(
      "jobsWaiting",
      `${jobs} jobs of "${name}" wait. Let them run first, or delete with ?force, which sends them to the dead letter.`,
      { facts: { function: name, waiting, prioritized, delayed } },
    );
  }

  return router;
}
