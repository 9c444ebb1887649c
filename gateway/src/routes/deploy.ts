import { z } from "@hono/zod-openapi";
import { functionNameSchema, functionViewSchema, manifestSchema } from "@mayfly/contract";
import { demandScope } from "../auth/caller.ts";
import { checkUpload } from "../deploy/check-upload.ts";
import { deployFunction, stageUpload } from "../deploy/deploy-function.ts";
import { functionView } from "../deploy/function-view.ts";
import { createGate } from "../deploy/gate.ts";
import { readUpload } from "../deploy/read-upload.ts";
import type { GatewayDeps } from "../deps.ts";
import { checkedName } from "./checked-name.ts";
import { createRouter } from "./create-router.ts";
import { component, json, nameParams, refusals } from "./openapi.ts";

const UPLOADS_UNPACKED_AT_ONCE = 2;

const deployed = component("DeployedFunction", functionViewSchema.extend({ warnings: z.array(z.string()) }));

const { $schema: _, ...manifestJsonSchema } = z.toJSONSchema(manifestSchema, {
  io: "input",
  unrepresentable: "any",
});
const UPLOAD = {
  type: "object" as const,
  required: ["manifest", "files"],
  properties: {
    manifest: { $ref: "#/components/schemas/Manifest" },
    files: {
      type: "object" as const,
      description: "by path: text, or bytes in base64",
      additionalProperties: {
        anyOf: [
          { type: "string" as const },
          {
            type: "object" as const,
            required: ["base64"],
            properties: { base64: { type: "string" as const }, mode: { type: "string" as const } },
          },
        ],
      },
    },
  },
};

/** `PUT /functions/:name`: JSON, or a gzipped tar of the function's folder. */
export function deployRoutes(deps: GatewayDeps) {
  const router = createRouter();
  const gate = createGate(UPLOADS_UNPACKED_AT_ONCE);
  router.openAPIRegistry.registerComponent("schemas", "Manifest", manifestJsonSchema as object);
  router.openAPIRegistry.registerPath({
    method: "put",
    path: "/functions/{name}",
    summary: "Deploy a function; the same content again gives the same version",
    request: {
      params: nameParams,
      body: {
        required: true,
        content: {
          "application/json": { schema: UPLOAD },
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
    const name = checkedName(c.req.param("name"), functionNameSchema);
    const unpack = await readUpload(c.req.raw);
    const staged = await gate(async () => {
      const upload = checkUpload(await unpack(), name, deps.config.ceilings);
      return await stageUpload(deps, caller.tenant, upload);
    });
    const result = await deployFunction(deps, caller.tenant, staged);
    c.header("location", `/functions/${name}`);
    c.header("mayfly-version", result.function.version);
    return c.json(
      { ...functionView(result.function), warnings: [...result.warnings] },
      result.created ? 201 : 200,
    );
  });
  return router;
}
