import { expect, it } from "vitest";
import example from "./example.json" with { type: "json" };
import markdown from "./index.ts";

it("turns the example into a page with a title, a table, a task list and a block of code", () => {
  const { title, html } = markdown({ ...example, as: "page" });
  expect(title).toBe("Mayflies");
  expect(html).toMatch(/^<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>Mayflies<\/title>/);
  expect(html).toContain("<td>up to two years</td>");
  expect(html).toContain('<input checked="" disabled="" type="checkbox">');
  expect(html).toContain('<code class="language-js">const lifespan = &#39;a day&#39;;');
});

it("lists the headings with the ids that it gave them, each id once", () => {
  const { headings, html } = markdown({ markdown: "# Life\n## Größe & Maß\n## Life" });
  expect(headings.map(({ level, id }) => [level, id])).toEqual([
    [1, "life"],
    [2, "größe-maß"],
    [2, "life-1"],
  ]);
  expect(html).toContain('<h2 id="life-1">Life</h2>');
});

it("shows raw HTML instead of passing it on, and takes the target from a javascript: link", () => {
  const { html } = markdown({
    markdown: "<script>alert(1)</script>\n\n[click](javascript:alert(1)) [home](/a)",
  });
  expect(html).not.toContain("<script");
  expect(html).not.toContain("javascript:");
  expect(html).toContain('click <a href="/a">home</a>');
});

it("says what it takes where the event is something else", () => {
  expect(() => markdown({} as never)).toThrow(/the event is \{ "markdown"/);
});
