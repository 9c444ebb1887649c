import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { answerError } from "../http/answer-error.ts";
import { guardLoopback } from "./guard-loopback.ts";

const app = new Hono().use(guardLoopback).get("/", (c) => c.text("in"));
app.onError(answerError({ debug() {}, info() {}, warn() {}, error() {} }) as never);
const statusOf = async (headers: Record<string, string>) => (await app.request("/", { headers })).status;

describe("a gateway on loopback lets in", () => {
  test.each<[string, Record<string, string>]>([
    ["what calls it by name", { host: "localhost:8080" }],
    ["what calls it by address", { host: "127.0.0.1" }],
    ["what calls it by another loopback address", { host: "127.8.9.1:80" }],
    ["what calls it by IPv6", { host: "[::1]:8080" }],
    ["what comes through a forwarded port", { host: "localhost:9999" }],
    [
      "a page of its own",
      { host: "localhost:8080", origin: "http://localhost:8080", "sec-fetch-site": "same-origin" },
    ],
    ["an address typed into a browser", { host: "localhost:8080", "sec-fetch-site": "none" }],
  ])("%s", async (_title, headers) => {
    expect(await statusOf(headers)).toBe(200);
  });
});

describe("a gateway on loopback refuses", () => {
  test.each<[string, Record<string, string>]>([
    ["a page that rebinds its name", { host: "evil.example:8080", origin: "http://evil.example:8080" }],
    ["a name that only begins like ours", { host: "localhost.evil.example" }],
    ["a name that only ends like an address", { host: "x127.0.0.1" }],
    ["another address", { host: "192.168.0.9:8080" }],
    ["an empty host", { host: "" }],
    ["a page of another site", { host: "localhost:8080", origin: "http://evil.example" }],
    ["a page of another port", { host: "localhost:8080", origin: "http://localhost:3000" }],
    ["a page without an origin, such as a sandboxed frame", { host: "localhost:8080", origin: "null" }],
    [
      "an image of another site, which sends no Origin",
      { host: "localhost:8080", "sec-fetch-site": "cross-site" },
    ],
    ["a page of a sibling", { host: "localhost:8080", "sec-fetch-site": "same-site" }],
  ])("%s", async (_title, headers) => {
    expect(await statusOf(headers)).toBe(403);
  });
});
