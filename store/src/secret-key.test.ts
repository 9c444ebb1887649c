import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { secretKeyOf } from "./secret-key.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mayfly-secret-key-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("a key that was configured is taken as it is, and nothing is written", async () => {
  expect(await secretKeyOf("ab".repeat(32), dir)).toBe("ab".repeat(32));
  expect(await readdir(dir)).toEqual([]);
});

test("programs that start at once agree on one key, which only its owner can read", async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => secretKeyOf(undefined, dir)));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(await readdir(dir)).toEqual(["secret.key"]);
  expect((await stat(join(dir, "secret.key"))).mode & 0o777).toBe(0o600);
});

test("a file that holds something else is named in the message", async () => {
  await writeFile(join(dir, "secret.key"), "oops");
  await expect(secretKeyOf(undefined, dir)).rejects.toThrow(/secret\.key does not hold 32 bytes/);
});
