import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bearer, post, problemOf, startTestGateway, type TestGateway } from "../support.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ slots: 0 });
});
beforeEach(async () => {
  for (const { id } of await gateway.store.keys.list()) await gateway.store.keys.delete(id);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const create = (body: unknown, key?: string) =>
  gateway.request("/keys", post(body, key === undefined ? {} : bearer(key)));
const textOf = async (answer: Response) => {
  expect(answer.status, await answer.clone().text()).toBe(201);
  return ((await answer.json()) as { key: string }).key;
};
const list = async (key: string) =>
  (await (await gateway.request("/keys", { headers: bearer(key) })).json()) as {
    keys: { id: string; label: string }[];
  };

describe("keys", () => {
  test("are made by an admin, shown once, listed without their text, and stop working when deleted", async () => {
    const admin = await textOf(await create({ scopes: ["admin"], label: "mine" }));
    expect(admin).toMatch(/^mayfly_/);
    const reader = await textOf(await create({ scopes: ["read"], label: "theirs" }, admin));
    const { keys } = await list(admin);
    expect(keys.map(({ label }) => label).sort((a, b) => a.localeCompare(b))).toEqual(["mine", "theirs"]);
    expect(JSON.stringify(keys)).not.toContain(reader.slice(-40));
    const functions = () => gateway.request("/functions", { headers: bearer(reader) });
    expect((await functions()).status).toBe(200);
    const id = keys.find(({ label }) => label === "theirs")?.id;
    const gone = await gateway.request(`/keys/${id}`, { method: "DELETE", headers: bearer(admin) });
    expect(gone.status).toBe(204);
    expect((await functions()).status).toBe(401);
  });

  test("begin with an admin's, since the first one closes the gateway to all without", async () => {
    const answer = await create({ scopes: ["invoke"] });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).detail).toMatch(/must be an admin's/);
    expect((await create({ scopes: ["admin"], tenant: "other" })).status).toBe(400);
    expect((await gateway.request("/functions")).status).toBe(200);
  });

  test("keep at least one admin's among them", async () => {
    const admin = await textOf(await create({ scopes: ["admin"], label: "admin" }));
    await create({ scopes: ["read"] }, admin);
    const id = (await list(admin)).keys.find(({ label }) => label === "admin")?.id;
    const answer = await gateway.request(`/keys/${id}`, { method: "DELETE", headers: bearer(admin) });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).detail).toMatch(/last admin key/);
  });

  test("of another tenant are made by the operator alone; an admin of a tenant sees and makes its own", async () => {
    const operator = await textOf(await create({ scopes: ["admin"], label: "operator" }));
    const acme = await textOf(await create({ scopes: ["admin"], tenant: "acme", label: "acme" }, operator));
    expect((await create({ scopes: ["read"], tenant: "default" }, acme)).status).toBe(403);
    expect((await create({ scopes: ["read"], label: "acme2" }, acme)).status).toBe(201);
    expect((await list(acme)).keys.map(({ label }) => label).sort((a, b) => a.localeCompare(b))).toEqual([
      "acme",
      "acme2",
    ]);
    const operatorId = (await list(operator)).keys.find(({ label }) => label === "operator")?.id;
    const answer = await gateway.request(`/keys/${operatorId}`, { method: "DELETE", headers: bearer(acme) });
    expect(answer.status).toBe(404);
  });

  test("need scopes that exist, and a tenant with a proper name", async () => {
    for (const body of [
      {},
      { scopes: [] },
      { scopes: ["root"] },
      { scopes: ["admin"], tenant: "../x" },
      { scope: ["admin"] },
    ])
      expect((await create(body)).status, JSON.stringify(body)).toBe(400);
  });
});
