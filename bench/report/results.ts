import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdown } from "./markdown.ts";
import type { Report } from "./report.ts";

/** Writes `<date>-<commit>.json` and `latest.md`. @returns their paths */
export async function write(report: Report, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const json = join(folder, `${report.date.slice(0, 10)}-${report.commit}.json`);
  const latest = join(folder, "latest.md");
  await writeFile(json, `${JSON.stringify(report, null, 1)}\n`);
  await writeFile(latest, markdown(report));
  return [json, latest];
}

/** @returns the newest report of a folder, or null where there is none */
export async function newestReport(folder: string): Promise<Report | null> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  const reports = texts
    .map((text) => JSON.parse(text) as Report)
    .filter(({ format }) => (format as unknown) === 2);
  return reports.toSorted((a, b) => a.date.localeCompare(b.date)).at(-1) ?? null;
}
