import { type Hook, OpenAPIHono } from "@hono/zod-openapi";
import { MayflyError } from "@mayfly/contract";
import type { GatewayEnv } from "../deps.ts";

/** A router whose refusals of path, query and body read like every other refusal of the gateway. */
export function createRouter(): OpenAPIHono<GatewayEnv> {
  return new OpenAPIHono<GatewayEnv>({ defaultHook: refuseInvalid });
}

// biome-ignore lint/suspicious/noExplicitAny: the hook is for every route's input, as its own declaration says
const refuseInvalid: Hook<any, GatewayEnv, any, any> = (result) => {
  if (result.success) return;
  const faults = result.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  const isName = result.target === "param" && result.error.issues.some(({ path }) => path[0] === "name");
  const where = { param: "path", query: "query", json: "body" }[result.target as string] ?? result.target;
  throw new MayflyError(
    isName ? "invalidName" : "invalidRequest",
    `The ${where} is not right: ${faults.join("; ")}.`,
    {
      facts: { faults },
    },
  );
};
