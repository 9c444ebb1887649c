import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { exampleContext } from "../example-context.ts";
import example from "./example.json" with { type: "json" };
import githubWebhook from "./index.ts";
import type { WebhookPayload } from "./routes.ts";

const SECRET = "It's a Secret to Everybody";

beforeEach(() => {
  vi.stubEnv("GITHUB_WEBHOOK_SECRET", SECRET);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a delivery with the right signature", () => {
  it("is routed by its event", () => {
    const answer = deliver("push", example);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      event: "push",
      handled: true,
      summary: "octocat pushed 1 to octo-org/octo-repo#main: 59b20b8 Count the nymphs",
    });
  });

  it("tells a merged pull request from a closed one", () => {
    const pull = { number: 7, title: "Wings", merged: true };
    const { body } = deliver("pull_request", {
      action: "closed",
      pull_request: pull,
      sender: { login: "ada" },
    });
    expect(JSON.parse(body).summary).toBe("ada merged pull request 7: Wings");
  });

  it("is accepted, and said not to be handled, where nothing is done for its event", () => {
    const answer = deliver("star", { action: "created" });
    expect(answer.statusCode).toBe(202);
    expect(JSON.parse(answer.body)).toEqual({ event: "star", handled: false });
  });
});

describe("a delivery is refused", () => {
  it.each([
    ["without a signature", undefined],
    ["with another's signature", sign(Buffer.from(JSON.stringify(example)), "another secret")],
    ["with a signature that is cut short", "sha256=12"],
  ])("%s", (_, signature) => {
    const headers = { "x-github-event": "push", ...(signature ? { "x-hub-signature-256": signature } : {}) };
    expect(call(example, Buffer.from(JSON.stringify(example)), headers).statusCode).toBe(401);
  });

  it("where the same JSON was written anew with other spaces", () => {
    const signature = sign(Buffer.from(JSON.stringify(example)), SECRET);
    const rawBody = Buffer.from(JSON.stringify(example, null, 2));
    expect(call(example, rawBody, { "x-hub-signature-256": signature }).statusCode).toBe(401);
  });
});

it("verifies GitHub's own test vector", () => {
  const rawBody = Buffer.from("Hello, World!");
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const headers = { "x-hub-signature-256": signature, "x-github-event": "star" };
  expect(call({}, rawBody, headers).statusCode).toBe(202);
});

it("says how to store the secret where there is none", () => {
  vi.stubEnv("GITHUB_WEBHOOK_SECRET", "");
  expect(() => deliver("ping", {})).toThrow("PUT /secrets/GITHUB_WEBHOOK_SECRET");
});

function deliver(event: string, payload: WebhookPayload) {
  const rawBody = Buffer.from(JSON.stringify(payload));
  return call(payload, rawBody, { "x-github-event": event, "x-hub-signature-256": sign(rawBody, SECRET) });
}

function call(payload: WebhookPayload, rawBody: Buffer, headers: Record<string, string>) {
  return githubWebhook(payload, exampleContext("github-webhook", { rawBody, headers }));
}

function sign(body: Buffer, secret: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
