import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar, type TarHeader } from "modern-tar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readTarGz } from "./read-tar.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mayfly-tar-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const tarOf = (...options: string[]) =>
  execFileSync("tar", ["-czf", "-", ...options, "-C", dir, "."], { maxBuffer: 2 ** 30 });
const made = async (...headers: (Partial<TarHeader> & { name: string })[]) =>
  gzipSync(await packTar(headers.map((header) => ({ header: { size: 0, ...header }, body: "" }))));

describe("what tar(1) makes", () => {
  test.each(["gnu", "ustar", "pax"])("is read in the format %s", async (format) => {
    const deep = `${"long-folder-name/".repeat(format === "ustar" ? 8 : 20)}file.txt`;
    mkdirSync(join(dir, deep, ".."), { recursive: true });
    writeFileSync(join(dir, deep), "deep");
    writeFileSync(join(dir, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(dir, "run.sh"), 0o4711);
    writeFileSync(join(dir, "empty"), "");
    const big = randomBytes(3_000_000);
    writeFileSync(join(dir, "big"), big);
    const files = await readTarGz(tarOf(`--format=${format}`));
    expect(new Set(files.list().map(({ path }) => path))).toEqual(new Set(["big", "empty", deep, "run.sh"]));
    expect(files.get("run.sh")?.mode).toBe(0o755);
    expect(files.get("big")?.mode).toBe(0o644);
    expect(big.equals(files.get("big")?.bytes ?? Buffer.alloc(0))).toBe(true);
  });
});

describe("an archive is refused", () => {
  test("with a symbolic link", async () => {
    symlinkSync("/etc/passwd", join(dir, "innocent.txt"));
    await expect(readTarGz(tarOf())).rejects.toThrow(/innocent\.txt".*link to "\/etc\/passwd"/);
  });

  test("with a hard link", async () => {
    writeFileSync(join(dir, "a"), "a");
    linkSync(join(dir, "a"), join(dir, "b"));
    await expect(readTarGz(tarOf())).rejects.toThrow(/is a link to/);
  });

  test("with a pipe", async () => {
    execFileSync("mkfifo", [join(dir, "pipe")]);
    await expect(readTarGz(tarOf())).rejects.toThrow(/fifo/);
  });

  test.each<[string, Partial<TarHeader> & { name: string }]>([
    ["a device", { name: "null", type: "character-device" }],
    ["a path above", { name: "../evil" }],
    ["an absolute path", { name: "/etc/cron.d/evil" }],
    ["a folder above", { name: "../", type: "directory" }],
    ["a path above in a pax record", { name: "innocent", pax: { path: "../evil" } }],
  ])("with %s", async (_title, header) => {
    await expect(readTarGz(await made(header))).rejects.toMatchObject({ code: "invalidRequest" });
  });

  test("with the same path twice", async () => {
    await expect(readTarGz(await made({ name: "a" }, { name: "./a" }))).rejects.toThrow(/twice/);
  });

  test("with more entries than are allowed", async () => {
    const headers = Array.from({ length: 10_001 }, (_, i) => ({
      name: `d${i}/`,
      type: "directory" as const,
    }));
    await expect(readTarGz(await made(...headers))).rejects.toMatchObject({ code: "payloadTooLarge" });
  });

  test("when it is no gzip, no tar, or only the beginning of one", async () => {
    writeFileSync(join(dir, "file"), randomBytes(100_000));
    const whole = tarOf();
    for (const broken of [
      Buffer.from("plain"),
      gzipSync("plain"),
      gzipSync(randomBytes(2048)),
      whole.subarray(0, 50_000),
      Buffer.alloc(0),
    ])
      await expect(readTarGz(broken)).rejects.toMatchObject({ code: "invalidRequest" });
  });

  test("when it is a bomb, long before all of it is unpacked", async () => {
    const zeros = Buffer.alloc(128 * 1024 ** 2);
    const bomb = gzipSync(
      await packTar([{ header: { name: "zeros", size: zeros.byteLength }, body: zeros }]),
    );
    const before = process.memoryUsage().arrayBuffers;
    await expect(readTarGz(bomb)).rejects.toMatchObject({ code: "payloadTooLarge" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 ** 2);
  });
});
