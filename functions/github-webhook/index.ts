import { createHmac, timingSafeEqual } from "node:crypto";
import type { Context } from "@mayfly/contract";
import { routes, type WebhookPayload } from "./routes.ts";

/** Set this function's URL as a repository's webhook; see README.md. */
export default function githubWebhook(payload: WebhookPayload, { http, log }: Context) {
  const secret = process.env["GITHUB_WEBHOOK_SECRET"];
  if (!secret) throw new Error("there is no secret; store one with PUT /secrets/GITHUB_WEBHOOK_SECRET");
  if (http === null) return answer(400, { error: "a webhook comes over HTTP" });

  const signature = http.headers["x-hub-signature-256"];
  if (signature === undefined || !isSigned(http.rawBody, signature, secret)) {
    log.warn(`refused delivery ${http.headers["x-github-delivery"]}: wrong or missing signature`);
    return answer(401, { error: "the signature does not fit the body" });
  }

  const event = http.headers["x-github-event"] ?? "";
  const route = routes[event];
  if (route === undefined) return answer(202, { event, handled: false });
  const summary = route(payload);
  log.info(`${event}: ${summary}`);
  return answer(200, { event, handled: true, summary });
}

/**
 * The signature is over the very bytes that were sent: parsing and writing the JSON anew would change them. The
 * comparison takes the same time for every wrong signature, so that it cannot be guessed byte by byte.
 */
function isSigned(body: Uint8Array, signature: string, secret: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function answer(statusCode: number, body: unknown) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
