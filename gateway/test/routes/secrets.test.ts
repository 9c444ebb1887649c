import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemOf, put, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ slots: 0 });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const store = (name: string, body: unknown) => gateway.request(`/secrets/${name}`, put(body));

describe("secrets", () => {
  test("are stored, listed by name and deleted; no answer shows their values", async () => {
    expect((await store("API_TOKEN", { value: "hush-4711" })).status).toBe(204);
    const listed = await (await gateway.request("/secrets")).text();
    expect(JSON.parse(listed)).toEqual({ secrets: ["API_TOKEN"] });
    expect(listed).not.toContain("hush");
    expect(await gateway.store.secrets.get("default", ["API_TOKEN"])).toEqual({ API_TOKEN: "hush-4711" });
    expect((await gateway.request("/secrets/API_TOKEN", { method: "DELETE" })).status).toBe(204);
    expect((await gateway.request("/secrets/API_TOKEN", { method: "DELETE" })).status).toBe(404);
  });

  test("cannot be read back", async () => {
    await store("KEPT", { value: "x" });
    expect((await gateway.request("/secrets/KEPT")).status).toBe(405);
  });

  test.each(["LD_PRELOAD", "NODE_OPTIONS", "1ST", "A-B", "a%00b", "..%2fx", "A".repeat(129)])(
    "cannot be named %s",
    async (name) => {
      const answer = await store(name, { value: "x" });
      expect(answer.status).toBe(400);
      expect((await problemOf(answer)).code).toBe("invalidName");
    },
  );

  test.each<[string, unknown, number]>([
    ["a body without value", {}, 400],
    ["an unknown key", { value: "x", extra: 1 }, 400],
    ["a value that is no text", { value: 7 }, 400],
    ["a NUL", { value: "a\0b" }, 400],
    ["a value longer than a process takes", { value: "x".repeat(64 * 1024 + 1) }, 400],
    ["a body longer than any secret", { value: "x".repeat(300 * 1024) }, 413],
  ])("are refused for %s, and the answer does not repeat the value", async (_title, body, status) => {
    const answer = await store("REFUSED", body);
    expect(answer.status).toBe(status);
    expect((await answer.text()).length).toBeLessThan(1000);
    expect(await (await gateway.request("/secrets")).text()).not.toContain("REFUSED");
  });
});
