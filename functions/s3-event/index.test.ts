import { createRequire } from "node:module";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { exampleContext } from "../example-context.ts";
import example from "./example.json" with { type: "json" };
import manifest from "./function.json" with { type: "json" };

const { handler } = createRequire(import.meta.url)("./index.cjs");
const context = exampleContext("s3-event");

beforeEach(() => {
  vi.stubEnv("THUMBNAIL_PREFIX", manifest.env.THUMBNAIL_PREFIX);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it("plans a thumbnail for the example's image, with its key decoded, and skips the text", async () => {
  expect(await handler(example, context)).toEqual({
    function: "s3-event",
    jobs: [
      {
        bucket: "river-photos",
        key: "2025/avon/upper bridge (north).JPG",
        bytes: 2_483_211,
        target: "thumbnails/2025/avon/upper bridge (north)-160.jpg",
      },
    ],
    skipped: [{ key: "2025/avon/notes.txt", reason: "is no image" }],
    totalBytes: 2_483_211,
    remainingMs: 10_000,
  });
});

it("is not woken by its own thumbnails, nor by what was removed", async () => {
  const record = (eventName: string, key: string) => ({
    eventName,
    s3: { bucket: { name: "b" }, object: { key, size: 1 } },
  });
  const { jobs, skipped } = await handler(
    { Records: [record("ObjectCreated:Put", "thumbnails/a.png"), record("ObjectRemoved:Delete", "a.png")] },
    context,
  );
  expect(jobs).toEqual([]);
  expect(skipped).toEqual([
    { key: "thumbnails/a.png", reason: "is a thumbnail" },
    { key: "a.png", reason: "not for ObjectRemoved:Delete" },
  ]);
});
