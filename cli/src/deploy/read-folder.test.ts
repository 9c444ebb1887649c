import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFolder } from "./read-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-folder-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Uint8Array) {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

const manifest = (more = {}) =>
  JSON.stringify({ name: "f", runtime: "nodejs24", entry: "index.ts", ...more });

describe("a folder as it is", () => {
  test("goes with its files, and without node_modules, .git and tests", async () => {
    await write("function.json", manifest({ $schema: "./schema.json" }));
    await write("index.ts", "export default () => 1;");
    await write("lib/a.ts", "export {};");
    await write("index.test.ts", "");
    await write("node_modules/x/index.js", "");
    await write(".git/HEAD", "");
    const { name, manifest: sent, files } = await readFolder(folder);
    expect(name).toBe("f");
    expect(sent).toEqual({ name: "f", runtime: "nodejs24", entry: "index.ts" });
    expect(files).toEqual({ "index.ts": "export default () => 1;", "lib/a.ts": "export {};" });
  });

  test("keeps bytes that are no text, and what can be executed stays so", async () => {
    await write("function.json", manifest({ runtime: "exec", entry: "run.sh" }));
    await write("run.sh", "#!/bin/sh\n");
    await chmod(join(folder, "run.sh"), 0o755);
    await write("logo.bin", new Uint8Array([0xff, 0x00]));
    const { files } = await readFolder(folder);
    expect(files["run.sh"]).toEqual({ base64: Buffer.from("#!/bin/sh\n").toString("base64"), mode: "0755" });
    expect(files["logo.bin"]).toEqual({ base64: "/wA=", mode: "0644" });
  });

  test("a link to a file is read, one that leads nowhere is left out", async () => {
    await write("function.json", manifest());
    await write("index.ts", "1");
    await symlink("index.ts", join(folder, "same.ts"));
    await symlink("gone.ts", join(folder, "dangling.ts"));
    expect((await readFolder(folder)).files).toEqual({ "index.ts": "1", "same.ts": "1" });
  });
});

describe("a folder that cannot be deployed says why", () => {
  test.each([
    ["no function.json", null, "it has no function.json that can be read"],
    ["no JSON in it", "{", "its function.json is not JSON: "],
    ["a list in it", "[]", "its function.json is not JSON: it is not an object"],
    ["no name", "{}", 'its function.json has no "name"'],
  ])("%s", async (_, text, reason) => {
    if (text !== null) await write("function.json", text);
    await expect(readFolder(folder)).rejects.toMatchObject({
      exitCode: 2,
      code: "unusableFolder",
      message: expect.stringContaining(`${folder} cannot be deployed: ${reason}`),
    });
  });
});

describe("a folder with dependencies", () => {
  const withDependency = async (entry: string) => {
    await write("function.json", manifest());
    await write("package.json", JSON.stringify({ dependencies: { shout: "1.0.0" } }));
    await write(
      "node_modules/shout/index.js",
      'module.exports = (t) => require("node:util").format("%s!", t);',
    );
    await write("index.ts", entry);
  };

  test("is one bundle that runs without node_modules, and maps to the user's own lines", async () => {
    await withDependency('import shout from "shout";\nexport default (t: string) => shout(t);\n');
    const { manifest: sent, files } = await readFolder(folder);
    expect(sent["entry"]).toBe("index.mjs");
    expect(Object.keys(files)).toEqual(["index.mjs"]);
    const code = String(files["index.mjs"]);
    const bundled = (await import(
      `data:text/javascript,${encodeURIComponent(code.replace("import.meta.url", "'file:///x'"))}`
    )) as {
      default(text: string): string;
    };
    expect(bundled.default("hi")).toBe("hi!");
    const map = JSON.parse(Buffer.from(code.split("base64,").at(-1) ?? "", "base64").toString()) as {
      sources: string[];
    };
    expect(map.sources).toContain("index.ts");
  });

  test("a package that is not there is told with file and line, and how to get it", async () => {
    await withDependency('import "./index.ts";\nimport "missing";\n');
    await expect(readFolder(folder)).rejects.toMatchObject({
      code: "invalidBundle",
      message: expect.stringMatching(
        /Could not resolve "missing"[\s\S]*index\.ts:2:7[\s\S]*run npm install in the folder\.$/,
      ),
    });
  });

  test("of another runtime goes as it is", async () => {
    await write("function.json", manifest({ runtime: "python3", entry: "main.py" }));
    await write("package.json", JSON.stringify({ dependencies: { shout: "1.0.0" } }));
    await write("main.py", "");
    expect(new Set(Object.keys((await readFolder(folder)).files))).toEqual(
      new Set(["main.py", "package.json"]),
    );
  });
});
