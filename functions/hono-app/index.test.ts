import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };
import app from "./index.ts";

it("converts by path", async () => {
  const response = await app.request("/convert/5/mi/km");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ amount: 5, from: "mi", to: "km", result: 8.04672 });
});

it("converts the example's list", async () => {
  const response = await post("/", example);
  expect(await response.json()).toEqual([
    { amount: 5, from: "mi", to: "km", result: 8.04672 },
    { amount: 180, from: "lb", to: "kg", result: 81.6466266 },
  ]);
});

it("answers 422 for units of different kinds, 400 for a body that is no list, 404 elsewhere", async () => {
  expect((await app.request("/convert/5/mi/kg")).status).toBe(422);
  expect((await post("/", { amount: 5 })).status).toBe(400);
  expect((await app.request("/nowhere")).status).toBe(404);
});

it("answers 304 where the caller has the list of units already", async () => {
  const etag = (await app.request("/units")).headers.get("etag") ?? "";
  const again = await app.request("/units", { headers: { "if-none-match": etag } });
  expect(again.status).toBe(304);
});

function post(path: string, body: unknown) {
  return app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
