import { expect, test } from "vitest";
import { type PackedFile, packFiles, unpackFiles } from "./packed-files.ts";

const file = (path: string, text = "", mode = 0o644): PackedFile => ({
  path,
  mode,
  bytes: Buffer.from(text),
});
const plain = (files: readonly PackedFile[]) =>
  files.map(({ path, mode, bytes }) => ({ path, mode, text: Buffer.from(bytes).toString() }));

/** A blob with an index of one's own, as only an attacker would write it. */
function forge(index: unknown, data = ""): Buffer {
  const text = Buffer.from(JSON.stringify(index));
  const header = Buffer.alloc(8, "MFP1");
  header.writeUInt32LE(text.byteLength, 4);
  return Buffer.concat([header, text, Buffer.from(data)]);
}

test("files come back as they were, in order of their paths", () => {
  const packed = packFiles([file("src/b.ts", "b"), file("a.sh", "a", 0o755), file("empty")]);
  expect(plain(unpackFiles(packed))).toEqual([
    { path: "a.sh", mode: 0o755, text: "a" },
    { path: "empty", mode: 0o644, text: "" },
    { path: "src/b.ts", mode: 0o644, text: "b" },
  ]);
});

test("the same files give the same bytes, in whatever order they were named", () => {
  const [a, b] = [file("a", "1"), file("b", "2")];
  expect(packFiles([a, b])).toEqual(packFiles([b, a]));
});

test("set-user-id and other bits beside the permissions are dropped", () => {
  expect(unpackFiles(packFiles([file("a", "", 0o104755)]))[0]?.mode).toBe(0o755);
  expect(unpackFiles(forge([["a", 0o6777, 0]]))[0]?.mode).toBe(0o777);
});

test.each(["/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "", "a\0b", "n".repeat(256)])(
  "the path %j is refused on the way in and on the way out",
  (path) => {
    expect(() => packFiles([file(path)])).toThrow(expect.objectContaining({ code: "invalidBundle" }));
    expect(() => unpackFiles(forge([[path, 0o644, 0]]))).toThrow(
      expect.objectContaining({ code: "invalidBundle" }),
    );
  },
);

test("a path that is there twice, or is a file and a folder, is refused", () => {
  expect(() => packFiles([file("a"), file("a")])).toThrow(/twice/);
  expect(() => packFiles([file("a"), file("a-b"), file("a/b")])).toThrow(/both a file and a folder/);
});

test("too many files and too many bytes are refused before anything is read", () => {
  expect(() => unpackFiles(forge(Array.from({ length: 10_001 }, (_, n) => [`f${n}`, 0o644, 0])))).toThrow(
    /10001 files/,
  );
  expect(() => unpackFiles(forge([["a", 0o644, 300 * 1024 ** 2]]))).toThrow(/bytes are more/);
});

test("too deep a path, and files that need too many folders, are refused", () => {
  expect(() => unpackFiles(forge([[`${"a/".repeat(100)}b`, 0o644, 0]]))).toThrow(/too deep/);
  const deep = Array.from({ length: 200 }, (_, n) => [`${n}/${"a/".repeat(90)}f`, 0o644, 0]);
  expect(() => unpackFiles(forge(deep))).toThrow(/10000 folders/);
});

test("a blob that is cut off, or is none, is refused", () => {
  const packed = packFiles([file("a", "abc")]);
  for (const blob of [
    packed.subarray(0, -1),
    packed.subarray(0, 10),
    Buffer.from("PK"),
    forge({}),
    forge([1]),
  ])
    expect(() => unpackFiles(blob)).toThrow(expect.objectContaining({ code: "invalidBundle" }));
});
