import { Hono } from "hono";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { validator } from "hono/validator";
import { convert, units } from "./units.ts";

const app = new Hono();
app.use(secureHeaders());

app.get("/", (c) =>
  c.html("<!doctype html><title>Units</title><p>Try <code>/convert/5/mi/km</code> below this path."),
);

app.get("/units", etag(), (c) => c.json(units()));

app.get("/convert/:amount/:from/:to", (c) => {
  const { amount, from, to } = c.req.param();
  const result = convert(Number(amount), from, to);
  return result === null
    ? c.json({ error: `cannot convert ${amount} ${from} to ${to}` }, 422)
    : c.json(result);
});

const batch = validator("json", (body: unknown, c) =>
  Array.isArray(body) && body.every(Array.isArray)
    ? (body as [number, string, string][])
    : c.json({ error: "send a list of [amount, from, to]" }, 400),
);

app.post("/", batch, (c) =>
  c.json(c.req.valid("json").map(([amount, from, to]) => convert(amount, from, to))),
);

app.notFound((c) => c.json({ error: `there is nothing at ${c.req.method} ${c.req.path}` }, 404));

export default app;
