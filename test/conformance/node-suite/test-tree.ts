import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

export type Upload = Record<string, string | { base64: string; mode: string }>;

/** Of no use here, and most of the tree's size: what browsers test, and what builds executables. */
const LEFT_OUT = /^fixtures\/(wpt|postject-copy|sea|snapshot)\//;

/** A test that wants flags starts a Node of its own with them, which is a boot in any case. */
const WANTS_FLAGS = /^\/\/ (Flags|Env):/m;

/** What runs one test file: it stays until nothing keeps the loop alive, as `node <file>` does. */
const ENTRY = `const { join } = require("node:path");
exports.default = ({ file }) => {
  const path = join(__dirname, "test/parallel", file);
  process.argv[1] = path;
  process.env.NODE_TEST_DIR = "/tmp";
  require(path);
  return new Promise(() => {});
};
`;

/** The test files that need no flags, by name. */
export async function testFiles(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, "parallel"))).filter((name) => /^test-.*\.js$/.test(name));
  const wanted = await Promise.all(
    names.map(async (name) => !WANTS_FLAGS.test(await readFile(join(folder, "parallel", name), "utf8"))),
  );
  return names.filter((_, index) => wanted[index]).sort();
}

/** Node's `test/` tree as one function's files, with the test files that are named. */
export async function uploadOf(folder: string, files: readonly string[]): Promise<Upload> {
  const paths = [
    ...(await filesBelow(folder, "common")),
    ...(await filesBelow(folder, "fixtures")).filter((path) => !LEFT_OUT.test(path)),
    ...files.map((name) => `parallel/${name}`),
  ];
  const upload: Upload = { "index.cjs": ENTRY };
  await Promise.all(
    paths.map(async (path) => {
      const [bytes, { mode }] = await Promise.all([readFile(join(folder, path)), stat(join(folder, path))]);
      upload[`test/${path}`] = { base64: bytes.toString("base64"), mode: (mode & 0o777).toString(8) };
    }),
  );
  return upload;
}

async function filesBelow(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ""));
}
