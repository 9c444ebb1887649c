import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openPackedCache } from "./packed-cache.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-packed-"));
});
afterEach(() => rm(folder, { recursive: true }));

const blobs = ["one", "two", "three"].map((text) => Buffer.from(text.padEnd(100, ".")));
const hashOf = (blob: Buffer) => createHash("sha256").update(blob).digest("hex");
const [one = "", two = "", three = ""] = blobs.map(hashOf);

async function open(maxBytes = 1000) {
  const fetched: string[] = [];
  const cache = await openPackedCache({
    folder,
    maxBytes,
    artifacts: {
      async get(hash) {
        fetched.push(hash);
        return blobs.find((blob) => hashOf(blob) === hash) ?? null;
      },
    },
  });
  return { cache, fetched };
}

test("an artifact is fetched once and then read from the disk, also by the next worker", async () => {
  const { cache, fetched } = await open();
  await cache.get(one);
  expect(await cache.get(one)).toEqual(blobs[0]);
  expect(fetched).toEqual([one]);
  const next = await open();
  await next.cache.get(one);
  expect(next.fetched).toEqual([]);
});

test("a file that was changed on the disk is not run but fetched again", async () => {
  const { cache, fetched } = await open();
  await cache.get(one);
  await writeFile(join(folder, `${one}.packed`), "evil");
  expect(await cache.get(one)).toEqual(blobs[0]);
  expect(fetched).toEqual([one, one]);
});

test("the least recently used files go when there are too many bytes", async () => {
  const { cache } = await open(250);
  await cache.get(one);
  await cache.get(two);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(join(folder, `${two}.packed`), longAgo, longAgo);
  await cache.get(three);
  expect(new Set(await readdir(folder))).toEqual(new Set([`${one}.packed`, `${three}.packed`]));
});

test("what Redis does not have is an error that says what to do", async () => {
  const { cache } = await open();
  await expect(cache.get("0".repeat(64))).rejects.toThrow("Deploy the function again");
});
