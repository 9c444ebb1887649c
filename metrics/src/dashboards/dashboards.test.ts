import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { DASHBOARDS_FOLDER, dashboardFiles } from "./write-dashboards.ts";

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const files = dashboardFiles();
const panelsOf = (text: string) => (JSON.parse(text) as { panels: Panel[] }).panels;
const everyPanel = [...files].flatMap(([file, text]) =>
  panelsOf(text)
    .filter(({ type }) => type !== "row")
    .map((panel) => ({ file, ...panel })),
);

test("the committed files are what the generator writes; `npm run dashboards -w metrics` writes them anew", async () => {
  const committed = await Promise.all(
    (await readdir(DASHBOARDS_FOLDER)).map(
      async (name) => [name, await readFile(new URL(name, DASHBOARDS_FOLDER), "utf8")] as const,
    ),
  );
  expect(new Map(committed)).toEqual(files);
});

test.each(everyPanel)("$file: $title says what it means when it moves", ({ description }) => {
  expect(description?.length ?? 0).toBeGreaterThan(15);
});

test.each(everyPanel.filter(({ type }) => type !== "table"))(
  "$file: $title has a unit",
  ({ fieldConfig }) => {
    expect(fieldConfig.defaults.unit).toBeTruthy();
  },
);

test.each([...files.keys()])("%s has no two panels in one place, and none beyond the 24 columns", (file) => {
  const taken = new Set<string>();
  for (const { title, gridPos } of panelsOf(files.get(file) ?? "")) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
        taken.add(`${x},${y}`);
      }
    }
  }
});

test("every link leads to a dashboard that exists", () => {
  const uids = [...files.values()].map((text) => (JSON.parse(text) as { uid: string }).uid);
  const linked = [...files.values()].flatMap((text) => [...text.matchAll(/"url": "\/d\/([^?"]+)/g)]);
  expect(linked.length).toBeGreaterThan(5);
  for (const [, uid] of linked) expect(uids).toContain(uid);
});
