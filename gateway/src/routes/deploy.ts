import { z } from "@hono/zod-openapi";
import { functionNameSchema, functionViewSchema, MayflyError } from "@mayfly/contract";
import { demandScope } from "../auth/caller.ts";
import { checkUpload, deployFunction } from "../deploy/deploy-function.ts";
import { functionView } from "../deploy/function-view.ts";
import { createGate } from "../deploy/gate.ts";
import { readUpload } from "../deploy/read-upload.ts";
import type { GatewayDeps } from "../deps.ts";
import { createRouter } from "./create-router.ts";
import { json, nameParams, refusals } from "./openapi.ts";

const UPLOADS_UNPACKED_AT_ONCE = 2;

const deployed = functionViewSchema.extend({ warnings: z.array(z.string()) }).openapi("DeployedFunction");

/** `PUT /functions/:name`: JSON, or a gzipped tar of the function's folder. */
export function deployRoutes(deps: GatewayDeps) {
  const router = createRouter();
  const gate = createGate(UPLOADS_UNPACKED_AT_ONCE);
  router.openAPIRegistry.registerPath({
    method: "put",
    path: "/functions/{name}",
    summary: "Deploy a function; the same content again gives the same version",
    request: {
      params: nameParams,
      body: {
        required: true,
        content: {
          "application/json": {
            schema: z.object({
              manifest: z.looseObject({}).describe("function.json; its JSON Schema is published"),
              files: z.record(
                z.string(),
                z.union([z.string(), z.object({ base64: z.string(), mode: z.string().optional() })]),
              ),
            }),
          },
          "application/gzip": { schema: { type: "string", format: "binary" } },
        },
      },
    },
    responses: {
      200: json(deployed, "this very content was deployed before, and is the latest now"),
      201: json(deployed, "deployed"),
      ...refusals(
        "invalidManifest",
        "limitOverCeiling",
        "invalidBundle",
        "invalidRequest",
        "nameTaken",
        "payloadTooLarge",
        "unsupportedMediaType",
        "noWorker",
      ),
    },
  });

  router.put("/functions/:name", async (c) => {
    const caller = c.get("caller");
    demandScope(caller, "deploy");
    const name = functionNameSchema.safeParse(c.req.param("name"));
    if (!name.success) {
      throw new MayflyError("invalidName", `The path is not right: ${name.error.issues[0]?.message}.`);
    }
    const unpack = await readUpload(c.req.raw);
    const result = await gate(async () => {
      const upload = checkUpload(deps, name.data, await unpack());
      return deployFunction(deps, caller.tenant, upload);
    });
    c.header("location", `/functions/${name.data}`);
    c.header("mayfly-version", result.function.version);
    return c.json(
      { ...functionView(result.function), warnings: [...result.warnings] },
      result.created ? 201 : 200,
    );
  });
  return router;
}
